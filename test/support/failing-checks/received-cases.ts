// A recipient’s step over a whole run, with another receipt than the result’s.

import type { Check } from '../../../src/lib/base/verdict/check.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { parseReceipt, type Receipt } from '../../../src/lib/evidence/receipt.js';
import { receiveSummary } from '../../../src/lib/parties/receive-summary.js';
import type { BlobStore } from '../../../src/lib/ports/ports.js';
import { signReceipt } from '../../../src/lib/room/sign-receipt.js';
import { verifyUnderOwnAnchors } from '../emulated-evidence.js';
import { wholeRun } from '../whole-bundle.js';

const OTHER = sha256Hex('another');
const CHANGES: Readonly<Record<string, (receipt: Receipt) => Partial<Receipt>>> = {
  report: () => ({ report: OTHER }),
  output: ({ output }) => ({ output: { ...output!, digest: OTHER } }),
  sealed: ({ output }) => ({ output: { ...output!, sealed: OTHER } }),
  inputs: () => ({ inputsDigest: OTHER }),
};

/** The checks of a summary whose receipt differs in this. */
export async function received(
  differs: 'report' | 'output' | 'sealed' | 'inputs',
): Promise<readonly Check[]> {
  const { room, bundle, sealed, resultKey } = await wholeRun('one line');
  const { receipt } = parseReceipt(bundle.receipts![0]!);
  const { jws } = signReceipt({ ...receipt, ...CHANGES[differs]!(receipt) }, room.receiptKey);
  const { name } = room.contract.contract.room.resultBlob;
  const stored = new Map([
    [`${name}.result.json`, sealed],
    [`${name}.receipt.jws`, utf8(jws)],
    [`${name}.report.json`, utf8(renderBundle(bundle))],
  ]);
  const blobs = {
    read: (blob: { readonly name: string }) => {
      const bytes = stored.get(blob.name);
      return Promise.resolve(bytes === undefined ? null : { bytes, etag: '"1"' });
    },
    readRange: () => Promise.resolve(null),
  } as unknown as BlobStore;
  const { verdict } = await receiveSummary(
    { parsed: room.contract, resultKey },
    {
      blobs,
      clock: () => new Date(),
      seen: { read: () => Promise.resolve([]), add: () => Promise.resolve() },
      verify: (evidence, beside) => verifyUnderOwnAnchors(room, evidence, beside),
      verifyRefusal: (evidence) => verifyUnderOwnAnchors(room, evidence),
    },
  );
  return verdict.checks;
}
