// Our adapters' connection to a local vault, as a login of its tenant.

import { createSecureContext } from 'node:tls';

import type { Connection } from '../../src/lib/azure/connection.js';
import type { LocalVault } from './local-vault.js';

/** The connection of the vault's own login, or of the one given. */
export function vaultConnection(vault: LocalVault, login: LocalVault['client'] = vault.client): Connection {
  return {
    profile: {
      name: 'fabrikam',
      tenant: vault.tenant.id,
      credential: { kind: 'default' },
      endpoints: {},
      verifyChallengeResource: false,
    },
    credential: login.credential,
    ca: [vault.tls.rootPem],
    tls: { secureContext: createSecureContext({ ca: [vault.tls.rootPem] }) },
  };
}
