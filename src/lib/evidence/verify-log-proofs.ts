// The log proofs of a bundle: each an entry that a transparency log holds, under a tree head signed by a party of the
// contract, and about what is in the bundle.

import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { p256PublicKeyInfo } from '../attestation/der/public-key-info.js';
import { utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { EvidenceBundle } from './evidence-bundle.js';
import { type LogProof, parseProof, proofProblem } from './log-proof.js';
import type { ReadTreeHead } from './transparency-log.js';

/**
 * Records `LOG_PROOF`: skipped where the bundle has no proof, or no contract that says whose heads count.
 */
export async function recordLogProofs(
  bundle: EvidenceBundle,
  contract: ParsedContract | null,
  crypto: SignatureCrypto,
  log: CheckLog,
): Promise<void> {
  const proofs = bundle.logProofs ?? [];
  if (proofs.length === 0) {
    log.skip('the bundle holds no proof of a transparency log', 'LOG_PROOF');
    return;
  }
  if (contract === null) {
    log.skip('no contract says whose tree heads count', 'LOG_PROOF');
    return;
  }
  const subjects: string[] = [];
  for (const [index, bytes] of proofs.entries()) {
    const outcome = await checkProof(bytes, bundle, contract, crypto);
    if (outcome.problem !== null) {
      log.recordProblem('LOG_PROOF', `proof ${index}: ${outcome.problem}`, {});
      return;
    }
    subjects.push(outcome.subject);
  }
  log.record('LOG_PROOF', true, { actual: subjects.join(', ') });
}

type Outcome = { readonly problem: string } | { readonly problem: null; readonly subject: string };

async function checkProof(
  bytes: Uint8Array,
  bundle: EvidenceBundle,
  { contract, digest }: ParsedContract,
  crypto: SignatureCrypto,
): Promise<Outcome> {
  let proof: LogProof;
  try {
    proof = parseProof(bytes);
  } catch (cause) {
    if (cause instanceof CleanroomError) return { problem: cause.message };
    throw cause;
  }
  const problem = proofProblem(proof) ?? aboutAnother(proof, bundle, digest);
  if (problem !== null) return { problem };
  const keys = contract.parties.map(({ contractKey }) => contractKey);
  for (const head of [proof.head, ...(proof.consistency === null ? [] : [proof.consistency.from])])
    if (!(await signedByOne(head, keys, crypto)))
      return { problem: 'the tree head is not signed by the contract key of a party' };
  return { problem: null, subject: `${proof.entry.kind} ${proof.entry.subject}` };
}

/* Kinds that are in the bundle must be those in the bundle; the others name themselves. */
function aboutAnother({ entry }: LogProof, bundle: EvidenceBundle, contract: string): string | null {
  const digests: Partial<Record<string, readonly string[]>> = {
    contract: [contract],
    policy: [sha256Hex(bundle.policy)],
    receipt: (bundle.receipts ?? []).map((receipt) => sha256Hex(receipt)),
  };
  const expected = digests[entry.kind];
  if (expected === undefined || expected.includes(entry.sha256)) return null;
  return `it is about another ${entry.kind} than the one in the bundle`;
}

async function signedByOne(
  { jws }: ReadTreeHead,
  keys: readonly PublicKeyJwk[],
  crypto: SignatureCrypto,
): Promise<boolean> {
  const signed = utf8(jws.raw.slice(0, jws.raw.lastIndexOf('.')));
  const scheme = { kind: 'ecdsa', hash: 'sha256', curve: 'P-256' } as const;
  if (jws.signature.length !== 64) return false;
  for (const key of keys) {
    const [x, y] = [fromBase64Url(key.x), fromBase64Url(key.y)];
    if (x === null || y === null) continue;
    if (await crypto.verify(scheme, p256PublicKeyInfo(x, y), signed, jws.signature)) return true;
  }
  return false;
}
