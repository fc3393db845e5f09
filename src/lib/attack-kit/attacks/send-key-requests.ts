// What somebody who is not the room tries with a key. The SDK sends exactly what an attacker with a login would send.

import type { TokenCredential } from '@azure/identity';
import type { KeyClient } from '@azure/keyvault-keys';

import {
  renderReleasePolicy,
  RELEASE_POLICY_CONTENT_TYPE,
  type ReleasePolicy,
} from '../../contract/release-policy/grammar.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { clientOptions, type Connection } from '../../azure/connection.js';
import { vaultFlavour } from '../../contract/vault-flavour.js';
import { keyVaultError } from '../../azure/key-vault-error.js';
import { callService } from '../../azure/service-exchange.js';

export interface KeyTarget {
  readonly vault: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Asks the vault to unwrap a wrapped data key, over REST: the SDK looks at the key's operations first and asks nobody.
 *
 * @throws CleanroomError as the vault refuses
 */
export async function unwrapWithLogin(
  connection: Connection,
  target: KeyTarget,
  wrapped: Uint8Array,
): Promise<void> {
  const token =
    (await connection.credential.getToken(`${vaultFlavour(target.vault).resource}/.default`))?.token ?? '';
  const url = `https://${target.vault}/keys/${target.name}/${target.version}/unwrapkey?api-version=7.4`;
  await refusable(target, 'unwrap', async () => {
    const body = { alg: 'RSA-OAEP-256', value: toBase64Url(wrapped) };
    const { status, text } = await callService(connection, { method: 'POST', url, token, json: body });
    if (status === 200) return;
    throw Object.assign(new Error(text), { statusCode: status });
  });
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
  const { KeyClient } = await import('../../azure/sdk/keys.js');
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
