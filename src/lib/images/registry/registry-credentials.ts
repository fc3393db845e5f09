// What a registry is told about us.

/** A user with a password, or a refresh token. Never logged; `toJSON` keeps the secret to itself. */
export class RegistryCredentials {
  constructor(
    readonly kind: 'password' | 'refresh-token',
    readonly username: string,
    readonly secret: string,
  ) {}

  toJSON(): string {
    return '[secret]';
  }
}
