// What a long piece of work tells whoever waits for it. Never given text, keys or tokens.

export interface Progress {
  /** A new phase begins; the one before it is done. */
  phase(name: string): void;
  /** Part of the current phase, 0 to 1 of what there is to do, with an optional detail such as a rate. */
  advance(share: number, detail?: string): void;
  /** The current phase is done; nothing more follows. */
  done(): void;
}

export const SILENT: Progress = { phase: () => undefined, advance: () => undefined, done: () => undefined };
