import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { decodeUtf8, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import {
  type BudgetKey,
  decideBudget,
  deriveBudgetKey,
  extendBudgetState,
  initialBudgetState,
  openBudgetState,
  refuseRolledBack,
} from '../../../src/lib/summarizer/budget.js';

const CONTRACT = sha256Hex('contract');
const TIME = '2026-01-02T03:04:05.000Z';

function keyOf(dataset: string, secret: Uint8Array = randomBytes(32)): BudgetKey {
  return deriveBudgetKey(dataset, CONTRACT, secret);
}

function entry(name: string): {
  inputs: ReturnType<typeof sha256Hex>;
  receipt: ReturnType<typeof sha256Hex>;
  time: string;
} {
  return { inputs: sha256Hex(name), receipt: sha256Hex(`receipt ${name}`), time: TIME };
}

function edit(bytes: Uint8Array, change: (state: Record<string, unknown>) => void): Uint8Array {
  const state = JSON.parse(decodeUtf8(bytes) ?? '') as Record<string, unknown>;
  change(state);
  return utf8(JSON.stringify(state));
}

const refused = { code: 'BUDGET_STATE_REFUSED' };

describe('budget of a contract', () => {
  const notes = keyOf('notes');
  const plans = keyOf('plans');
  const start = openBudgetState(initialBudgetState(CONTRACT), CONTRACT, [notes, plans]);
  const once = extendBudgetState(start, entry('a'), [notes, plans]);

  it('starts with nothing used and counts one new set of inputs', () => {
    assert.deepEqual(decideBudget(start, sha256Hex('a'), 2), { kind: 'new', used: 1 });
    assert.equal(openBudgetState(once, CONTRACT, [notes, plans]).results.length, 1);
  });

  it('lets the same inputs be summarized again at no cost, also when the budget is spent', () => {
    const state = openBudgetState(once, CONTRACT, [notes]);
    assert.deepEqual(decideBudget(state, sha256Hex('a'), 1), { kind: 'repeat', used: 1 });
  });

  it('I14: refuses a further set of inputs when the budget is spent', () => {
    const state = openBudgetState(once, CONTRACT, [notes, plans]);
    assert.throws(() => decideBudget(state, sha256Hex('b'), 1), { code: 'BUDGET_SPENT' });
  });

  it('N2: refuses a list that the host and one owner wrote, as long as another dataset is unchanged', () => {
    const resealed = keyOf('plans');
    const forged = extendBudgetState(start, entry('z'), [keyOf('notes'), keyOf('plans')]);
    assert.throws(() => openBudgetState(forged, CONTRACT, [notes, resealed]), refused);
    const claimsOldKey = extendBudgetState(start, entry('z'), [{ ...keyOf('notes'), id: notes.id }]);
    assert.throws(() => openBudgetState(claimsOldKey, CONTRACT, [notes, resealed]), refused);
    assert.equal(openBudgetState(once, CONTRACT, [notes, resealed]).results.length, 1);
  });

  it('refuses a list with an entry dropped, added or changed', () => {
    const twice = extendBudgetState(openBudgetState(once, CONTRACT, [notes]), entry('b'), [notes, plans]);
    const edits: ((state: Record<string, unknown>) => void)[] = [
      (state) => (state['results'] as unknown[]).pop(),
      (state) => (state['results'] as unknown[]).push(entry('c')),
      (state) => ((state['results'] as { time: string }[])[0]!.time = '2026-01-02T03:04:06.000Z'),
      (state) => (state['marks'] = []),
      (state) => ((state['marks'] as { mac: string }[])[0]!.mac = 'AAAA'),
    ];
    for (const change of edits) {
      assert.throws(() => openBudgetState(edit(twice, change), CONTRACT, [notes, plans]), refused);
    }
  });

  it('refuses a state of another contract, an unknown form, and bytes that are no text', () => {
    const other = initialBudgetState(sha256Hex('other'));
    assert.throws(() => openBudgetState(other, CONTRACT, [notes]), refused);
    assert.throws(
      () =>
        openBudgetState(
          edit(once, (state) => (state['extra'] = 1)),
          CONTRACT,
          [notes],
        ),
      refused,
    );
    assert.throws(() => openBudgetState(utf8('{}'), CONTRACT, [notes]), refused);
    assert.throws(() => openBudgetState(utf8(''), CONTRACT, [notes]), refused);
    assert.throws(() => openBudgetState(Uint8Array.of(0xff), CONTRACT, [notes]), refused);
  });

  it('I11: refuses the empty list, or a shorter one, once a receipt is known', () => {
    const known = { inputs: sha256Hex('a'), used: 1 };
    assert.throws(() => refuseRolledBack(start, known), refused);
    const state = openBudgetState(once, CONTRACT, [notes]);
    assert.doesNotThrow(() => refuseRolledBack(state, known));
    assert.throws(() => refuseRolledBack(state, { inputs: sha256Hex('a'), used: 2 }), refused);
  });

  it('marks with another key for another contract, dataset or released key', () => {
    const secret = randomBytes(32);
    const keys = [keyOf('notes', secret), keyOf('notes'), deriveBudgetKey('notes', sha256Hex('x'), secret)];
    assert.equal(new Set(keys.map((key) => key.id)).size, 3);
    const forPlans = extendBudgetState(start, entry('a'), [keyOf('plans', secret)]);
    const moved = edit(
      forPlans,
      (state) => ((state['marks'] as { dataset: string }[])[0]!.dataset = 'notes'),
    );
    assert.throws(() => openBudgetState(moved, CONTRACT, [keyOf('notes', secret)]), refused);
  });
});
