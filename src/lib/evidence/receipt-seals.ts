// The owners' word for what a room opened: whoever has a public key can seal, so without it the text may be the host's own.

import type { CheckLog } from '../attestation/check-log.js';
import type { SealStatement } from '../contract/seal-statement-form.js';
import type { ReadReceipt, ReceiptInput } from './receipt.js';

/**
 * Records `RECEIPT_SEALS`: passed only where every input of every receipt has a statement, signed by its owner's contract
 * key, over the same digests, version and key.
 *
 * @param stated - what the owners signed under the contract that counts; null: there is no contract
 */
export function recordReceiptSeals(
  receipts: readonly ReadReceipt[],
  stated: readonly SealStatement[] | null,
  log: CheckLog,
): void {
  const inputs = receipts.flatMap(({ receipt }) => receipt.inputs);
  if (inputs.length === 0 || stated === null) {
    const reason = stated === null ? 'there is no contract' : 'there is no receipt that names an input';
    log.skip(reason, 'RECEIPT_SEALS');
    return;
  }
  const open = inputs.filter((input) => !stated.some((statement) => speaksOf(statement, input)));
  if (open.length === 0)
    log.record('RECEIPT_SEALS', true, { actual: `${inputs.length} of ${inputs.length}` });
  else {
    const names = [...new Set(open.map(({ dataset, owner }) => `${dataset} (${owner})`))].join(', ');
    log.skip(`there is no seal statement of the owner over what was opened of ${names}`, 'RECEIPT_SEALS');
  }
}

function speaksOf({ dataset, version, key, header, payload }: SealStatement, input: ReceiptInput): boolean {
  return (
    dataset === input.dataset &&
    version === input.version &&
    key === input.key &&
    header.sha256 === input.header &&
    payload.sha256 === input.payload
  );
}
