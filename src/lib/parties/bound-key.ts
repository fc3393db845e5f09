// A key that is what it should be: made, then read back and held against what was asked for; or found, and held against it.

import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { CleanroomError } from '../base/errors.js';
import { releasePolicyDigest } from '../contract/release-policy/policy-digest.js';
import { shortfalls } from '../contract/release-policy/implication.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import type { SealStatement } from '../contract/seal-statement-form.js';
import type { KeyVault, NewKey, VaultKey, VaultReleasePolicy } from '../ports/key-vault.js';

/** Operations by which whoever has a role on the key reads the text, with no attestation. */
const OPENING = new Set(['decrypt', 'unwrapKey']);

/**
 * Why nothing should be sealed to that version of a key; empty where all is as it should be.
 *
 * @param demanded - what its release policy has to demand at least, clause by clause. A policy that can be changed meets
 *   the demand only where this one may be changed too.
 */
export function keyProblems(key: VaultKey, demanded: VaultReleasePolicy): readonly string[] {
  const opening = key.operations.filter((operation) => OPENING.has(operation));
  return [
    ...(key.kty.endsWith('-HSM') ? [] : [`it is of type ${key.kty}, outside an HSM`]),
    ...(key.exportable ? [] : ['it is not exportable, so no room ever gets it']),
    ...opening.map((operation) => `it allows ${operation} without attestation`),
    ...(isBoundTo(key, demanded.text) ? [] : ['its release policy is another one']),
    ...(demanded.immutable && key.releasePolicy?.immutable !== true
      ? ['its release policy can be changed']
      : []),
  ];
}

/* By implication: the service may write the policy anew, and a stricter one lets nobody else in. */
function isBoundTo({ releasePolicy }: VaultKey, text: string): boolean {
  if (releasePolicy === null) return false;
  try {
    return shortfalls(parseReleasePolicy(releasePolicy.text), parseReleasePolicy(text)).length === 0;
  } catch (cause) {
    if (cause instanceof CleanroomError) return false;
    throw cause;
  }
}

/**
 * Makes (or imports) a key version and reads it back: what a vault answers to the request says nothing about what it keeps.
 * A version that is not as asked is disabled; nothing was sealed to it.
 *
 * @param material - private JWK to import; null: made inside the HSM.
 * @throws CleanroomError KEY_NOT_AS_ASKED, and as the vault
 */
export async function makeBoundKey(
  vault: KeyVault,
  asked: NewKey,
  material: JsonWebKey | null,
): Promise<VaultKey> {
  const made = await (material === null ? vault.create(asked) : vault.importKey(asked, material));
  const kept = await vault.get(asked.name, made.version);
  const problems = kept === null ? ['it is not there'] : differences(made, kept, asked);
  if (kept !== null && problems.length === 0) return kept;
  await vault.setEnabled(asked.name, made.version, 'disabled').catch(ignoreRefusal);
  throw new CleanroomError('KEY_NOT_AS_ASKED', `${made.id}: ${problems.join('; ')}`);
}

/** What its owner signs of a key that was read back: the digest of its release policy, and whether that can be changed. */
export function statedReleasePolicy({ releasePolicy }: VaultKey): Pick<SealStatement, 'releasePolicy'> {
  if (releasePolicy === null) return {};
  const { text, immutable } = releasePolicy;
  return { releasePolicy: { sha256: releasePolicyDigest(text), immutable } };
}

function differences(made: VaultKey, kept: VaultKey, asked: NewKey): readonly string[] {
  const added = kept.operations.filter(
    (operation) => !asked.operations.includes(operation) && !OPENING.has(operation),
  );
  return [
    ...keyProblems(kept, asked.releasePolicy),
    ...(kept.kty === asked.kind ? [] : [`its kind is ${kept.kty}, not ${asked.kind}`]),
    ...added.map((operation) => `it allows ${operation}, which was not asked for`),
    ...(kept.enabled ? [] : ['it is disabled']),
    ...(kept.id === made.id && isSamePublicKey(kept, made)
      ? []
      : ['read again it is another key than the one that was made']),
    ...(asked.size === undefined || sizeOf(kept) === null || sizeOf(kept) === asked.size
      ? []
      : [`it has ${sizeOf(kept) ?? 0} bits, not ${asked.size}`]),
  ];
}

function isSamePublicKey(a: VaultKey, b: VaultKey): boolean {
  return JSON.stringify(a.publicKey) === JSON.stringify(b.publicKey);
}

function sizeOf({ publicKey }: VaultKey): number | null {
  if (publicKey?.kty !== 'RSA') return null;
  const { asymmetricKeyDetails } = createPublicKey({ key: publicKey, format: 'jwk' });
  return asymmetricKeyDetails?.modulusLength ?? null;
}

/** The finding matters more than whether it could be cleared away. */
export function ignoreRefusal(cause: unknown): void {
  if (!(cause instanceof CleanroomError)) throw cause;
}
