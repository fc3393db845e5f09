// The log proofs of a bundle: each an entry that a transparency log holds, under a tree head signed by a party of the
// contract, and about what is in the bundle.

import type { CheckLog } from '../attestation/check-log.js';
import type { Expectations } from '../attestation/expectations.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { p256PublicKeyInfo } from '../attestation/der/public-key-info.js';
import { utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { EvidencePieces } from './evidence-pieces.js';
import { recordHeadAge } from './log-head-age.js';
import { type LogProof, parseProof, proofProblem } from './log-proof.js';
import type { ReadTreeHead } from './transparency-log.js';

const CHECKS_OF_LOGS = ['LOG_PROOF', 'LOG_CONTRACT', 'LOG_POLICY', 'LOG_FRESH'] as const;

/**
 * Records `LOG_PROOF`, `LOG_CONTRACT`, `LOG_POLICY` and `LOG_FRESH`: skipped where the bundle has no proof, or no contract that says whose heads count.
 */
export async function recordLogProofs(
  { logProofs: proofs = [], receipts = [] }: Pick<EvidencePieces, 'logProofs' | 'receipts'>,
  contract: ParsedContract | null,
  policy: string | null,
  { crypto, expectations }: { readonly crypto: SignatureCrypto; readonly expectations: Expectations },
  log: CheckLog,
): Promise<void> {
  if (proofs.length === 0) {
    log.skip('there is no proof of a transparency log', ...CHECKS_OF_LOGS);
    return;
  }
  if (contract === null) {
    log.skip('no contract was given, which names whose tree heads count', ...CHECKS_OF_LOGS);
    return;
  }
  const known: Known = {
    contract: [contract.digest],
    policy: policy === null ? [] : [sha256Hex(policy)],
    receipt: receipts.map((receipt) => sha256Hex(receipt)),
  };
  const subjects: string[] = [];
  const kinds = new Set<string>();
  const signedAt: number[] = [];
  for (const [index, bytes] of proofs.entries()) {
    const outcome = await checkProof(bytes, known, contract, crypto);
    if (outcome.problem !== null) {
      log.recordProblem('LOG_PROOF', `proof ${index}: ${outcome.problem}`, {});
      log.skip('a proof is invalid', 'LOG_FRESH');
      return;
    }
    subjects.push(outcome.subject);
    kinds.add(outcome.entry);
    signedAt.push(outcome.signedAt);
  }
  log.record('LOG_PROOF', true, { actual: subjects.join(', ') });
  for (const [id, kind] of [['LOG_CONTRACT', 'contract'] as const, ['LOG_POLICY', 'policy'] as const]) {
    if (kinds.has(kind)) log.record(id, true);
    else log.skip(`no proof is about the ${kind}`, id);
  }
  recordHeadAge(signedAt, expectations, log);
}

/* Digests of what the evidence holds, by the kind of a log entry. */
type Known = Readonly<Partial<Record<string, readonly string[]>>>;

type Outcome =
  | { readonly problem: string }
  | {
      readonly problem: null;
      readonly subject: string;
      readonly entry: string;
      /** Of the head, in seconds since 1970, as its signer says. */
      readonly signedAt: number;
    };

async function checkProof(
  bytes: Uint8Array,
  known: Known,
  { contract }: ParsedContract,
  crypto: SignatureCrypto,
): Promise<Outcome> {
  let proof: LogProof;
  try {
    proof = parseProof(bytes);
  } catch (cause) {
    if (cause instanceof CleanroomError) return { problem: cause.message };
    throw cause;
  }
  const problem = proofProblem(proof) ?? aboutAnother(proof, known);
  if (problem !== null) return { problem };
  const keys = contract.parties.map(({ contractKey }) => contractKey);
  for (const head of [proof.head, ...(proof.consistency === null ? [] : [proof.consistency.from])])
    if (!(await signedByOne(head, keys, crypto)))
      return { problem: 'the tree head is not signed by the contract key of a party' };
  return {
    problem: null,
    subject: `${proof.entry.kind} ${proof.entry.subject}`,
    entry: proof.entry.kind,
    signedAt: proof.head.head.at,
  };
}

/* An entry of a kind that the evidence does not hold proves nothing about it. */
function aboutAnother({ entry }: LogProof, known: Known): string | null {
  const expected = known[entry.kind];
  if (expected?.includes(entry.sha256) === true) return null;
  return `it is about another ${entry.kind} than the one in the evidence`;
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
