// The receipts of a bundle: signed by the key that the room's report binds, and about its contract and policy.

import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { isSignedBy } from './consents.js';
import { readReceipt, type ReadReceipt, receiptRejected } from './receipt.js';
import type { RoomRuntimeData } from './room-runtime-data.js';

export interface ReceiptsInput {
  /** JWS compact form. */
  readonly receipts?: readonly string[];
  readonly room: RoomRuntimeData | null;
  /** The contract that counts; null: only the room's own word of it is compared. */
  readonly contract: ParsedContract | null;
  /** The policy's exact text. */
  readonly policy: string | null;
  readonly crypto: SignatureCrypto;
}

/** Records the checks of receipts. @returns those whose signature holds */
export async function recordReceipts(input: ReceiptsInput, log: CheckLog): Promise<readonly ReadReceipt[]> {
  const { receipts: all = [], room, contract, policy, crypto } = input;
  if (all.length === 0 || room === null || policy === null) {
    const reason =
      all.length === 0
        ? 'there is no receipt'
        : room === null
          ? 'there is no runtime data of a room, so no key to verify receipts with'
          : 'there is no policy to compare receipts with';
    log.skip(reason, 'RECEIPT_SIGNATURE', 'RECEIPT_CONTRACT');
    return [];
  }
  const read: ReadReceipt[] = [];
  const problems: string[] = [];
  for (const [index, jws] of all.entries()) {
    const outcome = await heldReceipt(jws, room.receipt, crypto);
    if (typeof outcome === 'string') problems.push(`receipt ${index}: ${outcome}`);
    else read.push(outcome);
  }
  log.recordProblem('RECEIPT_SIGNATURE', problems[0] ?? null, { actual: `${read.length} of ${all.length}` });
  const hash = sha256Hex(policy);
  const digest = contract?.digest ?? room.contract;
  const foreign = read.findIndex(({ receipt }) => receipt.contract !== digest || receipt.policy !== hash);
  const problem = foreign === -1 ? null : `receipt ${foreign} is about another contract or policy`;
  log.recordProblem('RECEIPT_CONTRACT', problem, { expected: `contract ${digest}` });
  return read;
}

/**
 * Reads a receipt and checks that it is signed by `key`: the receipt key that a room's report binds. The form demands ES256.
 *
 * @throws CleanroomError RECEIPT_REJECTED
 */
export async function readSignedReceipt(
  jws: string,
  key: PublicKeyJwk,
  crypto: SignatureCrypto,
): Promise<ReadReceipt> {
  const { receipt, parsed } = readReceipt(jws);
  if (await isSignedBy(parsed, key, crypto)) return receipt;
  throw receiptRejected('it is not signed by the key that the room report binds');
}

/* A receipt, or why it does not hold. */
async function heldReceipt(
  ...[jws, key, crypto]: Parameters<typeof readSignedReceipt>
): Promise<ReadReceipt | string> {
  try {
    return await readSignedReceipt(jws, key, crypto);
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.message;
    throw cause;
  }
}
