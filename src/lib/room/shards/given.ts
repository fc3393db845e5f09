// Whether a room of the same inputs has left what came of them, so that a second one need not. Signatures are not looked at: whoever
// can forge this blob can also remove the result.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { parseReceipt, type Receipt } from '../../evidence/receipt.js';
import type { BlobClient } from '../blob-client.js';
import type { ResultBlobs } from '../result-store.js';

const MAX_RECEIPT_BYTES = 1024 * 1024;

/** Whether a receipt is stored of these inputs in this place of the budget, with this output (null: nothing was given). */
export async function isGiven(
  client: Pick<BlobClient, 'read'>,
  blobs: ResultBlobs,
  {
    inputs,
    place,
    output,
  }: { readonly inputs: Sha256Hex; readonly place: number; readonly output: Sha256Hex | null },
): Promise<boolean> {
  const stored = await client.read(output === null ? blobs.refusal : blobs.receipt, MAX_RECEIPT_BYTES);
  const receipt = stored === null ? null : readReceipt(decodeUtf8(stored.bytes) ?? '');
  if (receipt === null) return false;
  const { inputsDigest, budget } = receipt;
  return inputsDigest === inputs && budget?.used === place && (receipt.output?.digest ?? null) === output;
}

function readReceipt(text: string): Receipt | null {
  try {
    return parseReceipt(text.trim()).receipt;
  } catch (error) {
    if (error instanceof CleanroomError) return null;
    throw error;
  }
}
