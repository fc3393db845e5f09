import assert from 'node:assert/strict';

import { type Check, CheckList, decide } from '../../../../src/lib/base/verdict/check.js';

const passed: Check = { id: 'A', status: 'pass' };
const skipped: Check = { id: 'B', status: 'skip', reason: 'no policy was given' };

describe('a verdict', () => {
  it('is accepted when a check passed and none failed', () => {
    assert.equal(decide([passed, skipped], 'hardware').verdict, 'accepted');
  });

  it('is refused over an empty list: nothing is vacuously true', () => {
    assert.equal(decide([], 'hardware').verdict, 'refused');
  });

  it('is refused when every check was skipped', () => {
    assert.equal(decide([skipped], 'hardware').verdict, 'refused');
  });

  it('is refused when a required check was skipped, and says so', () => {
    const { verdict, checks } = decide([passed, skipped], 'hardware', ['B']);
    assert.equal(verdict, 'refused');
    assert.match(checks[1]?.reason ?? '', /required, but not checked/);
  });

  it('is refused when a required check was never made', () => {
    assert.equal(decide([passed], 'hardware', ['C']).verdict, 'refused');
  });

  it('keeps every check in the order it was made', () => {
    const list = new CheckList();
    list.record('A', true, {});
    list.record('B', false, { expected: '1', actual: '2' });
    list.skip('C', { reason: 'not given' });
    assert.deepEqual(
      list.list().map(({ id, status }) => `${id} ${status}`),
      ['A pass', 'B fail', 'C skip'],
    );
  });
});
