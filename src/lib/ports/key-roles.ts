// Who may do what on a vault.

import type { RoleGrant } from '../evidence/key-powers.js';

export interface KeyRoles {
  readonly roles: readonly RoleGrant[];
  /** Principal of the login that asked. */
  readonly self: string;
}
