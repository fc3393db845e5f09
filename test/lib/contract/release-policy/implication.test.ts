// What a release policy demands, held against what it should: a stricter one is good, a looser one never.

import assert from 'node:assert/strict';

import { parseSha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { buildReleasePolicy } from '../../../../src/lib/contract/release-policy/build.js';
import { nonEmpty, type ReleasePolicy } from '../../../../src/lib/contract/release-policy/grammar.js';
import { shortfalls } from '../../../../src/lib/contract/release-policy/implication.js';

const HASH = parseSha256Hex('9c41'.repeat(16))!;
const DEMANDED = buildReleasePolicy({
  policyHash: HASH,
  authorities: ['https://sharedweu.weu.attest.azure.net', 'https://sharedneu.neu.attest.azure.net'],
  guestSvn: 2,
  minTcb: { microcode: 80 },
});

describe('implication of release policies', () => {
  it('finds nothing missing in the policy itself, in one of fewer branches, and in a stricter one', () => {
    const [branch] = DEMANDED.anyOf;
    const stricter = buildReleasePolicy({
      policyHash: HASH,
      authorities: ['https://sharedweu.weu.attest.azure.net/'],
      guestSvn: 5,
      minTcb: { microcode: 81, snp: 20 },
    });
    for (const policy of [DEMANDED, { ...DEMANDED, anyOf: [branch] } as ReleasePolicy, stricter])
      assert.deepEqual(shortfalls(policy, DEMANDED), []);
  });

  it('names every clause that was left out, and one that is an alternative only', () => {
    const [branch] = DEMANDED.anyOf;
    for (const [index, clause] of branch.conditions.entries()) {
      const rest = nonEmpty(branch.conditions.filter((_, place) => place !== index))!;
      assert.equal(shortfalls({ ...DEMANDED, anyOf: [{ ...branch, conditions: rest }] }, DEMANDED).length, 1);
      const alternative = {
        match: 'anyOf',
        conditions: [clause, { claim: 'x-ms-ver', operator: 'exists', value: true }],
      } as const;
      const softened = { ...branch, conditions: nonEmpty([...rest, alternative])! };
      assert.equal(shortfalls({ ...DEMANDED, anyOf: [softened] }, DEMANDED).length, 1);
    }
  });

  it('finds an authority that is not demanded', () => {
    const other = buildReleasePolicy({ policyHash: HASH, authorities: ['https://example.com'], guestSvn: 2 });
    assert.match(shortfalls(other, DEMANDED)[0] ?? '', /not an authority/);
  });
});
