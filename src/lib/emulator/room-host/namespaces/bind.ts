// A file or directory of this machine that a container is shown.

export interface Bind {
  readonly inside: string;
  readonly outside: string;
  readonly readOnly: boolean;
}
