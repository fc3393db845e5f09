// The receipts of a bundle: signed by the key that the room's report binds, and about its contract and policy.

import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { p256PublicKeyInfo } from '../attestation/der/public-key-info.js';
import { utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { EvidenceBundle } from './evidence-bundle.js';
import { parseReceipt, type ReadReceipt } from './receipt.js';
import type { RoomRuntimeData } from './room-runtime-data.js';

/**
 * Records the checks of the bundle's receipts.
 *
 * @param contract - digest of the contract in the bundle, where there is one; else the room's own is compared.
 * @returns the receipts whose signature holds.
 */
export async function recordReceipts(
  bundle: EvidenceBundle,
  room: RoomRuntimeData | null,
  contract: Sha256Hex | undefined,
  crypto: SignatureCrypto,
  log: CheckLog,
): Promise<readonly ReadReceipt[]> {
  const all = bundle.receipts ?? [];
  if (all.length === 0 || room === null) {
    const reason = room === null ? 'the runtime data is not that of a room' : 'the bundle holds no receipt';
    log.skip(reason, 'RECEIPT_SIGNATURE', 'RECEIPT_CONTRACT');
    return [];
  }
  const read: ReadReceipt[] = [];
  const problems: string[] = [];
  for (const [index, jws] of all.entries()) {
    const outcome = await readReceipt(jws, room.receipt, crypto);
    if (typeof outcome === 'string') problems.push(`receipt ${index}: ${outcome}`);
    else read.push(outcome);
  }
  log.recordProblem('RECEIPT_SIGNATURE', problems[0] ?? null, { actual: `${read.length} of ${all.length}` });
  const policy = sha256Hex(bundle.policy);
  const digest = contract ?? room.contract;
  const foreign = read.findIndex(({ receipt }) => receipt.contract !== digest || receipt.policy !== policy);
  const problem = foreign === -1 ? null : `receipt ${foreign} is about another contract or policy`;
  log.recordProblem('RECEIPT_CONTRACT', problem, { expected: `contract ${digest}` });
  return read;
}

/* A receipt, or why it does not hold. The form demands ES256 (audit/receipt.ts). */
async function readReceipt(
  jws: string,
  key: PublicKeyJwk,
  crypto: SignatureCrypto,
): Promise<ReadReceipt | string> {
  try {
    const receipt = parseReceipt(jws);
    const end = jws.lastIndexOf('.');
    const signature = fromBase64Url(jws.slice(end + 1));
    const [x, y] = [fromBase64Url(key.x), fromBase64Url(key.y)];
    if (signature?.length !== 64 || x === null || y === null) return 'a signature or key of the wrong length';
    const scheme = { kind: 'ecdsa', hash: 'sha256', curve: 'P-256' } as const;
    const signed = await crypto.verify(scheme, p256PublicKeyInfo(x, y), utf8(jws.slice(0, end)), signature);
    return signed ? receipt : 'it is not signed by the key that the room report binds';
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.message;
    throw cause;
  }
}
