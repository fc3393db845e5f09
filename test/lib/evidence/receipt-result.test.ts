// What makes a result the owners' and countable: their seal statements over what was opened, and a place of its own.

import assert from 'node:assert/strict';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import type { ParsedContract } from '../../../src/lib/contract/check.js';
import type { SealStatement } from '../../../src/lib/contract/seal-statement-form.js';
import { inputsDigest, type Receipt, type ReceiptInput } from '../../../src/lib/evidence/receipt.js';
import { recordReceiptBudget, recordReleased } from '../../../src/lib/evidence/receipt-budget.js';
import { readOwnerSeals } from '../../../src/lib/evidence/owner-seals.js';
import { recordReceiptSeals } from '../../../src/lib/evidence/receipt-seals.js';
import { judgeStatements, STATEMENTS } from '../../../src/lib/evidence/statements.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { contractOfKeys, exampleContract } from '../../support/contract.js';

const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/0123abc';
const INPUT: ReceiptInput = {
  dataset: 'notes',
  owner: 'fabrikam',
  kind: 'text',
  version: '1',
  header: sha256Hex('header'),
  payload: sha256Hex('payload'),
  key: KEY,
};

function receiptOf(changes: Partial<Receipt> = {}): Receipt {
  const { limits } = exampleContract().summary;
  return {
    v: 2,
    use: 'cleanroom-receipt',
    outcome: 'released',
    contract: sha256Hex('contract'),
    policy: sha256Hex('policy'),
    report: sha256Hex('report'),
    inputs: [INPUT],
    inputsDigest: inputsDigest([INPUT]),
    model: null,
    limits,
    extractiveLimits: null,
    output: { digest: sha256Hex('output'), sealed: sha256Hex('sealed') },
    budget: { used: 1, of: 1 },
    causes: null,
    refusal: null,
    time: '2026-01-02T03:04:05.000Z',
    ...changes,
  };
}

const read = (receipt: Receipt) => ({ receipt, digest: sha256Hex(JSON.stringify(receipt)) });

describe('a result', () => {
  const fabrikam = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const contoso = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const parsed = contractOfKeys({ contoso, fabrikam });

  function statement(changes: Partial<SealStatement> = {}, key = fabrikam): Promise<string> {
    const { dataset, version, header, payload } = INPUT;
    return signSealStatement(
      {
        contract: parsed.digest,
        dataset,
        version,
        key: KEY,
        header: { sha256: header, bytes: 400 },
        payload: { sha256: payload, bytes: 4000 },
        iat: 1_790_000_000,
        ...changes,
      },
      key,
    );
  }

  async function sealsCheck(brought: readonly string[], contract: ParsedContract | null = parsed) {
    const log = new CheckLog();
    const stated = contract === null ? null : await readOwnerSeals(brought, contract, nodeSignatureCrypto);
    recordReceiptSeals([read(receiptOf())], stated, log);
    assert.equal(log.checks()[0]?.id, 'RECEIPT_SEALS');
    return log.checks()[0]!;
  }

  it('is its owners’ where each of them signed the blob that was opened', async () => {
    assert.equal((await sealsCheck([await statement()])).status, 'pass');
    const host = await statement({}, contoso);
    assert.equal((await sealsCheck([host, 'a.b.c', await statement()])).status, 'pass');
  });

  it('is nobody’s word without the owner’s statement over the same contract, digests, version and key', async () => {
    const other = { sha256: sha256Hex('other'), bytes: 1 };
    const wrong = [
      [],
      [await statement({}, contoso)],
      [await statement({ header: other })],
      [await statement({ payload: other })],
      [await statement({ version: '2' })],
      [await statement({ key: `${KEY}d` })],
      [await statement({ dataset: 'other' })],
      [await statement({ contract: sha256Hex('another contract') })],
      ['a.b.c'],
    ];
    for (const brought of wrong) {
      const { status, reason } = await sealsCheck(brought);
      assert.equal(status, 'skip');
      assert.match(reason ?? '', /notes \(fabrikam\)/);
    }
    assert.equal((await sealsCheck([await statement()], null)).status, 'skip');
  });

  it('is unproven where any check that it needs was left out, and nothing else becomes better', () => {
    const ids = [
      ...new Set(
        Object.values(STATEMENTS).flatMap(({ needs, needsOneOf = [] }) => [...needs, ...needsOneOf]),
      ),
    ];
    const all: readonly Check[] = ids.map((id) => ({ id, status: 'pass' }));
    const statusOf = (checks: readonly Check[]) =>
      new Map(judgeStatements(checks, new Set()).map(({ id, status }) => [id, status]));
    assert.equal(statusOf(all).get('RESULT'), 'proven');
    for (const id of STATEMENTS.RESULT.needs) {
      const left = statusOf(all.filter((check) => check.id !== id));
      assert.deepEqual(
        [...left].filter(([, status]) => status !== 'proven').map(([name]) => name),
        ['RESULT'],
        id,
      );
    }
  });

  it('is one that was given out: RECEIPT_RELEASED is not made over receipts of runs that gave nothing', () => {
    const status = (receipts: readonly Receipt[]): string => {
      const log = new CheckLog();
      recordReleased(receipts.map(read), log);
      return log
        .checks()
        .map((check) => `${check.id} ${check.status}`)
        .join();
    };
    const empty = receiptOf({ outcome: 'refused', output: null });
    assert.equal(status([empty, receiptOf()]), 'RECEIPT_RELEASED pass');
    assert.equal(status([empty]), 'RECEIPT_RELEASED skip');
    assert.equal(status([]), 'RECEIPT_RELEASED skip');
  });

  describe('has a place in the budget', () => {
    const place = (receipts: readonly Receipt[], maxResults = 2): string => {
      const { summary, ...rest } = parsed.contract;
      const contract = { ...rest, summary: { ...summary, limits: { ...summary.limits, maxResults } } };
      const log = new CheckLog();
      recordReceiptBudget(receipts.map(read), contract, log);
      assert.equal(log.checks()[0]?.id, 'RECEIPT_BUDGET');
      return log.checks()[0]?.status ?? 'none';
    };
    const first = receiptOf({ budget: { used: 1, of: 2 } });
    const other = { digest: sha256Hex('another output'), sealed: sha256Hex('another') };

    it('of its own: two receipts of two results with one place refuse', () => {
      assert.equal(place([first, receiptOf({ budget: { used: 2, of: 2 }, output: other })]), 'pass');
      assert.equal(place([first, receiptOf({ budget: { used: 1, of: 2 }, output: other })]), 'fail');
      const foreign = receiptOf({ budget: { used: 1, of: 2 }, inputsDigest: sha256Hex('other inputs') });
      assert.equal(place([first, foreign]), 'fail');
      assert.equal(place([first, { ...first, time: '2026-01-02T03:04:06.000Z' }]), 'pass');
    });

    it('among those that the contract allows, and none without', () => {
      assert.equal(place([receiptOf({ budget: { used: 3, of: 2 } })]), 'fail');
      assert.equal(place([receiptOf({ budget: { used: 0, of: 2 } })]), 'fail');
      assert.equal(place([receiptOf({ budget: { used: 1, of: 9 } })]), 'fail');
      assert.equal(place([receiptOf({ budget: null })]), 'fail');
      assert.equal(place([receiptOf({ budget: null, outcome: 'refused', output: null })]), 'pass');
      assert.equal(place([]), 'skip');
    });
  });
});
