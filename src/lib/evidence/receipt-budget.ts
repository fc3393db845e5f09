// Receipts among themselves: each result is the Nth of the M that the contract allows, and no two results have one place.

import type { CheckLog } from '../attestation/check-log.js';
import type { Contract } from '../contract/schema.js';
import { areTwoResults, placeOf } from './receipt-places.js';
import type { ReadReceipt, Receipt } from './receipt.js';

/** Records `RECEIPT_RELEASED`: the receipt of a run that gave nothing is genuine, and no result. */
export function recordReleased(receipts: readonly ReadReceipt[], log: CheckLog): void {
  if (receipts.some(({ receipt }) => receipt.outcome === 'released' && receipt.output !== null))
    log.record('RECEIPT_RELEASED', true);
  else log.skip('there is no receipt of a result that was given out', 'RECEIPT_RELEASED');
}

/** Records `RECEIPT_BUDGET`. A receipt of a run that gave nothing takes its place as well; one that opened nothing has none. */
export function recordReceiptBudget(
  receipts: readonly ReadReceipt[],
  contract: Contract | null,
  log: CheckLog,
): void {
  if (receipts.length === 0 || contract === null) {
    const reason = contract === null ? 'there is no contract' : 'there is no receipt';
    log.skip(reason, 'RECEIPT_BUDGET');
    return;
  }
  const { maxResults } = contract.summary.limits;
  const all = receipts.map(({ receipt }) => receipt);
  const problem = all.map((receipt) => misplaced(receipt, maxResults)).find((text) => text !== null);
  log.recordProblem('RECEIPT_BUDGET', problem ?? sharedPlace(all), {
    expected: `a place of its own, of ${maxResults}`,
    actual: all.map(({ budget }) => (budget === null ? 'none' : `${budget.used} of ${budget.of}`)).join(', '),
  });
}

function misplaced({ outcome, budget }: Receipt, maxResults: number): string | null {
  if (budget === null) return outcome === 'released' ? 'a result was given out that was not counted' : null;
  return budget.of === maxResults && budget.used >= 1 && budget.used <= maxResults
    ? null
    : `it states place ${budget.used} of ${budget.of}, and the contract allows ${maxResults}`;
}

function sharedPlace(receipts: readonly Receipt[]): string | null {
  const places = receipts.flatMap((receipt) => placeOf(receipt) ?? []);
  const double = places.find((place, index) =>
    places.slice(0, index).some((earlier) => areTwoResults(earlier, place)),
  );
  return double === undefined ? null : `two receipts for different results state the place ${double.place}`;
}
