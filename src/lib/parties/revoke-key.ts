// The end of a dataset's key: every version disabled, read again, asked for, and a signed tombstone.

import type { KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { signEs256By } from '../keys/es256.js';
import type { VaultSigner } from '../keys/contract-signer.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError, type ErrorCode } from '../base/errors.js';
import { contractKeyThumbprint } from '../sealed-blob/statement/sign-seal-statement.js';
import type { KeyVault, VaultKey } from '../ports/key-vault.js';

/** What asking for the release of a disabled version came to. One that is given out is an error, not a refusal. */
export interface ReleaseRefusal {
  /** URL with version. */
  readonly key: string;
  /** Ours for what the vault answered. */
  readonly code: ErrorCode;
  /** `proven`: refused because of what the key is now. `not-proven`: refused for another reason, which says nothing of it. */
  readonly outcome: 'proven' | 'not-proven';
  readonly why: string;
}

export interface Revocation {
  readonly disabled: readonly string[];
  readonly refusals: readonly ReleaseRefusal[];
  /** `proven` only where it is of every version. That each is disabled was read back in either case. */
  readonly releaseRefused: ReleaseRefusal['outcome'];
  /** Compact JWS by the owner's contract key. */
  readonly tombstone: string;
}

/* No vault releases a key for it; the question is whether it says first that the key is disabled. */
const NO_ATTESTATION = 'e30.e30.e30';

/**
 * Disables every version, reads each again, asks for its release, and signs a tombstone over what it found. Run again it
 * goes on where it was broken off.
 *
 * @throws CleanroomError KEY_NOT_FOUND; KEY_STILL_ENABLED where a second read shows a version that is not disabled, or the
 * vault gives one out
 */
export async function revokeDatasetKey(
  vault: KeyVault,
  dataset: ContractDataset,
  owner: { readonly contractKey: KeyObject | VaultSigner; readonly at: Date },
): Promise<Revocation> {
  const { name } = dataset.key;
  const versions = await vault.versions(name);
  if (versions.length === 0) throw new CleanroomError('KEY_NOT_FOUND', `${vault.host} has no key ${name}`);
  for (const { version, enabled } of versions) {
    if (enabled) await vault.setEnabled(name, version, 'disabled');
  }
  const refusals: ReleaseRefusal[] = [];
  for (const { id, version } of await vault.versions(name)) {
    const found = await vault.get(name, version);
    if (found?.enabled !== false) throw new CleanroomError('KEY_STILL_ENABLED', `${id} is still enabled`);
    refusals.push(await askForRelease(vault, found));
  }
  const disabled = refusals.map(({ key }) => key);
  const statement = {
    v: 1,
    use: 'cleanroom-revocation',
    dataset: dataset.id,
    keys: disabled,
    iat: Math.floor(owner.at.getTime() / 1000),
  };
  const header = { typ: 'cleanroom-revocation+jws', kid: contractKeyThumbprint(owner.contractKey) };
  const tombstone = await signEs256By(header, utf8(canonicalJson(statement)), owner.contractKey);
  const releaseRefused = refusals.every(({ outcome }) => outcome === 'proven') ? 'proven' : 'not-proven';
  return { disabled, refusals, releaseRefused, tombstone };
}

async function askForRelease(vault: KeyVault, { id, name, version }: VaultKey): Promise<ReleaseRefusal> {
  try {
    await vault.release(name, version, NO_ATTESTATION);
  } catch (cause) {
    if (cause instanceof CleanroomError) return { key: id, code: cause.code, ...meaningOf(cause.code) };
    throw cause;
  }
  throw new CleanroomError('KEY_STILL_ENABLED', `${id} was released although it is disabled`);
}

function meaningOf(code: ErrorCode): Pick<ReleaseRefusal, 'outcome' | 'why'> {
  switch (code) {
    case 'KEY_DISABLED':
      return { outcome: 'proven', why: 'the vault reports that the version is disabled' };
    case 'KEY_NOT_EXPORTABLE':
      return { outcome: 'proven', why: 'the vault reports that the version is never released' };
    case 'KEY_RELEASE_TOKEN_REJECTED':
    case 'KEY_RELEASE_DENIED':
      return {
        outcome: 'not-proven',
        why: 'the vault checked the attestation first, which was missing: this does not show what a room with a valid one would get',
      };
    case 'KEY_ACCESS_DENIED':
      return { outcome: 'not-proven', why: 'this login may not have the key released, disabled or not' };
    default:
      return { outcome: 'not-proven', why: 'the vault did not answer the question' };
  }
}
