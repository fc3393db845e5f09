// Places of a contract's budget that the verifier knows from elsewhere, held against the receipts: a room that was started on
// storage of an earlier state takes a place a second time, and each of its receipts is right by itself.

import * as v from 'valibot';

import type { CheckLog } from '../attestation/check-log.js';
import type { ReadReceipt, Receipt } from './receipt.js';

/** What a run took its place with. */
export const PlaceSchema = v.strictObject({
  /** Digest. */
  contract: v.string(),
  /** Counted from 1. */
  place: v.number(),
  /** Digest of the inputs; null where what stands at the place is of no run. */
  inputs: v.nullable(v.string()),
  /** Digest of the result in clear; null: none was given, or it is not known. */
  output: v.nullable(v.string()),
});
export type Place = v.InferOutput<typeof PlaceSchema>;

export interface KnownPlace extends Place {
  /** Where it is known from, in words. */
  readonly from: string;
}

/** The place that a receipt says its run took; null for a run that opened nothing. */
export function placeOf({ contract, budget, inputsDigest, output }: Receipt): Place | null {
  if (budget === null) return null;
  return { contract, place: budget.used, inputs: inputsDigest, output: output?.digest ?? null };
}

/**
 * Whether two places are one place of two results: of other inputs, or of the same with another output. Given again after a
 * restart it is one result, and a run that gave nothing may stand at the place of one that did.
 */
export function areTwoResults(a: Place, b: Place): boolean {
  if (a.contract !== b.contract || a.place !== b.place) return false;
  return a.inputs !== b.inputs || (a.output !== null && b.output !== null && a.output !== b.output);
}

/** Records `RECEIPT_PLACE`: nothing that the verifier knows of the receipts' places is of another result. */
export function recordReceiptPlaces(
  receipts: readonly ReadReceipt[],
  known: readonly KnownPlace[],
  log: CheckLog,
): void {
  const places = receipts.flatMap(({ receipt }) => placeOf(receipt) ?? []);
  const about = known.filter(({ contract, place }) =>
    places.some((own) => own.contract === contract && own.place === place),
  );
  if (about.length === 0) {
    log.skip('nothing else is known of the places of the receipts', 'RECEIPT_PLACE');
    return;
  }
  const other = about.find((one) => places.some((own) => areTwoResults(own, one)));
  log.recordProblem(
    'RECEIPT_PLACE',
    other === undefined ? null : `${other.from} has place ${other.place} for another result`,
    { actual: about.map(({ from }) => from).join(', ') },
  );
}
