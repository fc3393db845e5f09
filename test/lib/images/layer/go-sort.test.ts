// More extended attributes than Go sorts by insertion: the same order as Go's own, step for step.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { sortAsGo } from '../../../../src/lib/images/layer/go-sort.js';
import { layOutXattrs } from '../../../../src/lib/images/layer/xattrs.js';

interface GoCase {
  /** `INDEX:NAME`, separated by spaces. */
  readonly items: string;
  readonly sorted: string;
}

const { cases } = JSON.parse(readFileSync('test/lib/images/layer/go-sort.json', 'utf8')) as {
  readonly cases: readonly GoCase[];
};

/* hcsshim's comparison of stored attributes, which is no total order. */
function isBefore(a: string, b: string): boolean {
  const [aIndex, aName] = [Number(a.split(':')[0]), a.slice(2)];
  const [bIndex, bName] = [Number(b.split(':')[0]), b.slice(2)];
  return aIndex < bIndex || aName.length < bName.length || aName < bName;
}

describe('order of many extended attributes', () => {
  for (const { items, sorted } of cases) {
    const list = items.split(' ');
    it(`is Go's for ${list.length} attributes (${list[0] ?? ''} …), or refused where releases of Go differ`, () => {
      const ours = sortAsGo(list, isBefore);
      if (ours !== null) assert.equal(ours.join(' '), sorted);
    });
  }

  it("is Go's, and not refused, for most of the shorter ones", () => {
    const short = cases.map(({ items }) => items.split(' ')).filter(({ length }) => length <= 20);
    const answered = short.filter((list) => sortAsGo(list, isBefore) !== null);
    assert.ok(answered.length > short.length / 2, `${answered.length} of ${short.length}`);
  });

  it('is the plain order where the comparison is a total order', () => {
    const numbers = Array.from({ length: 500 }, (_, index) => (index * 7919) % 500);
    assert.deepEqual(
      sortAsGo(numbers, (a, b) => a < b),
      numbers.toSorted((a, b) => a - b),
    );
  });

  it('lets a file have more than twelve attributes in its block', () => {
    const many = Array.from({ length: 20 }, (_, index) => [
      `user.${'abcdefghijklmnopqrst'[index] ?? ''}`,
      index,
    ]);
    const layout = layOutXattrs(
      new Map(many.map(([name, value]) => [String(name), Buffer.alloc(40, Number(value))])),
    );
    assert.ok(typeof layout !== 'string');
    assert.ok(layout.block.length > 12);
  });
});
