// What somebody who is not the room tries with a key. The SDK sends exactly what an attacker with a login would send.

import type { TokenCredential } from '@azure/identity';
import type { KeyClient } from '@azure/keyvault-keys';

import {
  renderReleasePolicy,
  RELEASE_POLICY_CONTENT_TYPE,
  type ReleasePolicy,
} from '../release-policy/grammar.js';
import { utf8 } from '../bytes/arrays.js';
import { clientOptions, type Connection } from './connection.js';
import { keyVaultError } from './key-vault-error.js';

export interface KeyTarget {
  readonly vault: string;
  readonly name: string;
  readonly version: string;
}

/** Asks the vault to unwrap a wrapped data key. @throws CleanroomError as the vault refuses */
export async function unwrapWithLogin(
  connection: Connection,
  target: KeyTarget,
  wrapped: Uint8Array,
): Promise<void> {
  const { CryptographyClient } = await import('@azure/keyvault-keys');
  const client = new CryptographyClient(
    `https://${target.vault}/keys/${target.name}/${target.version}`,
    ownTenant(connection),
    {
      ...clientOptions(connection),
      disableChallengeResourceVerification: !connection.profile.verifyChallengeResource,
    },
  );
  await refusable(target, 'unwrap', () => client.unwrapKey('RSA-OAEP-256', wrapped));
}

/** Asks for release with something that is no attestation. @throws CleanroomError as the vault refuses */
export async function releaseWithoutAttestation(
  connection: Connection,
  target: KeyTarget,
  token: string,
): Promise<void> {
  const client = await keyClient(connection, target);
  await refusable(target, 'release', () =>
    client.releaseKey(target.name, token, { version: target.version }),
  );
}

/** Puts another release policy in place. @throws CleanroomError as the vault refuses */
export async function replaceReleasePolicy(
  connection: Connection,
  target: KeyTarget,
  policy: ReleasePolicy,
): Promise<void> {
  const client = await keyClient(connection, target);
  const releasePolicy = {
    contentType: RELEASE_POLICY_CONTENT_TYPE,
    encodedPolicy: utf8(renderReleasePolicy(policy)),
  };
  await refusable(target, 'update', () =>
    client.updateKeyProperties(target.name, target.version, { releasePolicy }),
  );
}

/** The login's own token, whatever tenant the vault's challenge asks for: what an attacker would send. */
function ownTenant({ credential }: Connection): TokenCredential {
  return { getToken: (scopes) => credential.getToken(scopes) };
}

async function keyClient(connection: Connection, { vault }: KeyTarget): Promise<KeyClient> {
  const { KeyClient } = await import('@azure/keyvault-keys');
  return new KeyClient(`https://${vault}`, ownTenant(connection), {
    ...clientOptions(connection),
    disableChallengeResourceVerification: !connection.profile.verifyChallengeResource,
  });
}

async function refusable(target: KeyTarget, operation: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (cause) {
    throw keyVaultError(`${target.vault}: ${operation} of key ${target.name}`, cause);
  }
}
