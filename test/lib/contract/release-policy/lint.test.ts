import assert from 'node:assert/strict';

import { parseSha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { buildReleasePolicy } from '../../../../src/lib/contract/release-policy/build.js';
import {
  type Condition,
  isClause,
  nonEmpty,
  type ReleasePolicy,
} from '../../../../src/lib/contract/release-policy/grammar.js';
import { lintReleasePolicy } from '../../../../src/lib/contract/release-policy/lint.js';

const HASH = parseSha256Hex('9c41'.repeat(16))!;
const OTHER = parseSha256Hex('aa'.repeat(32))!;
const ALLOW_ALL = parseSha256Hex('b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4')!;
const AUTHORITY = 'https://sharedweu.weu.attest.azure.net';
const POLICY = buildReleasePolicy({ policyHash: HASH, authorities: [AUTHORITY], guestSvn: 2 });

describe('lint of a release policy', () => {
  it('finds nothing in the policy that cleanroom writes', () => {
    assert.deepEqual(lintReleasePolicy(POLICY, { policyHash: HASH, authorities: [AUTHORITY] }), []);
  });

  for (const [id, claim] of [
    ['ATTESTATION_TYPE', 'x-ms-attestation-type'],
    ['COMPLIANCE', 'x-ms-compliance-status'],
    ['DEBUGGABLE', 'x-ms-sevsnpvm-is-debuggable'],
    ['MIGRATION', 'x-ms-sevsnpvm-migration-allowed'],
    ['VMPL', 'x-ms-sevsnpvm-vmpl'],
    ['HOST_DATA', 'x-ms-sevsnpvm-hostdata'],
    ['GUEST_SVN', 'x-ms-sevsnpvm-guestsvn'],
  ] as const) {
    it(`I2: finds a branch without ${claim}, and one where it is only an alternative`, () => {
      const [branch] = POLICY.anyOf;
      const rest = nonEmpty(branch.conditions.filter((item) => !(isClause(item) && item.claim === claim)))!;
      const softened: readonly Condition[] = branch.conditions.map((item) =>
        isClause(item) && item.claim === claim
          ? { match: 'anyOf', conditions: [item, { claim: 'x-ms-ver', operator: 'exists', value: true }] }
          : item,
      );
      for (const conditions of [rest, nonEmpty(softened)!]) {
        const policy: ReleasePolicy = { ...POLICY, anyOf: [branch, { ...branch, conditions }] };
        assert.deepEqual(
          lintReleasePolicy(policy).map((finding) => [finding.id, finding.where]),
          [[`RELEASE_POLICY_${id}`, 'anyOf[1]']],
        );
      }
    });
  }

  const DEMANDED = { policyHash: HASH, guestSvn: 2, minTcb: { snp: 22, microcode: 80 } } as const;
  const withClause = (
    claim: string,
    operator: 'equals' | 'greater' | 'greaterOrEquals' | 'lessOrEquals' | 'exists',
    value: string | number | boolean,
  ): readonly string[] => {
    const built = buildReleasePolicy({ ...DEMANDED, authorities: [AUTHORITY] });
    const [branch] = built.anyOf;
    const conditions = branch.conditions.map((item) =>
      isClause(item) && item.claim === claim ? { claim, operator, value } : item,
    );
    const policy: ReleasePolicy = {
      ...built,
      anyOf: [branch, { ...branch, conditions: nonEmpty<Condition>(conditions)! }],
    };
    return lintReleasePolicy(policy, { ...DEMANDED, authorities: [AUTHORITY] }).map(({ id }) => id);
  };

  it('I13: judges a floor by its value: one below the contract, or of nothing, is none', () => {
    const guest = 'x-ms-sevsnpvm-guestsvn';
    assert.deepEqual(withClause(guest, 'greaterOrEquals', -1), ['RELEASE_POLICY_GUEST_SVN']);
    assert.deepEqual(withClause(guest, 'greaterOrEquals', 1), ['RELEASE_POLICY_GUEST_SVN']);
    assert.deepEqual(withClause(guest, 'lessOrEquals', 9), ['RELEASE_POLICY_GUEST_SVN']);
    assert.deepEqual(withClause(guest, 'greaterOrEquals', '2x'), ['RELEASE_POLICY_GUEST_SVN']);
    assert.deepEqual(withClause(guest, 'exists', true), ['RELEASE_POLICY_GUEST_SVN']);
    assert.deepEqual(withClause(guest, 'greaterOrEquals', '3'), []);
    assert.deepEqual(withClause(guest, 'greater', 2), []);
  });

  it('I13: demands each floor of the TCB that the contract has, also where the policy names none', () => {
    const snp = 'x-ms-sevsnpvm-snpfw-svn';
    assert.deepEqual(withClause(snp, 'greaterOrEquals', 21), ['RELEASE_POLICY_TCB']);
    assert.deepEqual(withClause(snp, 'greaterOrEquals', 23), []);
    assert.deepEqual(
      lintReleasePolicy(POLICY, { ...DEMANDED, authorities: [AUTHORITY] }).map(({ id }) => id),
      ['RELEASE_POLICY_TCB', 'RELEASE_POLICY_TCB'],
    );
    assert.deepEqual(
      lintReleasePolicy(buildReleasePolicy({ policyHash: HASH, authorities: [AUTHORITY], guestSvn: -1 })).map(
        ({ id }) => id,
      ),
      ['RELEASE_POLICY_GUEST_SVN'],
    );
  });

  it('I13: finds an authority that a party may own, one that is not Azure, and one not in the contract', () => {
    const ids = (authority: string, authorities?: readonly string[], emulated = false): readonly string[] =>
      lintReleasePolicy(
        buildReleasePolicy({ policyHash: HASH, authorities: [authority], guestSvn: 2 }),
        authorities === undefined ? {} : { authorities, emulated },
      ).map((finding) => finding.id);
    assert.deepEqual(ids('https://contoso.weu.attest.azure.net'), ['RELEASE_POLICY_AUTHORITY']);
    assert.deepEqual(ids('https://sharedweu.weu.attest.azure.net.example.com'), ['RELEASE_POLICY_AUTHORITY']);
    assert.deepEqual(ids('https://sharedneu.neu.attest.azure.net', [AUTHORITY]), [
      'RELEASE_POLICY_AUTHORITY',
    ]);
    const local = 'https://127.0.0.1:8443';
    assert.deepEqual(ids(local, [local], true), []);
    for (const owned of [local, 'https://attest.contoso.example', 'https://contoso.weu.attest.azure.net'])
      assert.deepEqual(ids(owned, [owned]), ['RELEASE_POLICY_AUTHORITY_OWNED']);
  });

  it('I4: finds a published allow-all policy and a hash that is not that of the contract', () => {
    const allowAll = buildReleasePolicy({ policyHash: ALLOW_ALL, authorities: [AUTHORITY], guestSvn: 2 });
    assert.deepEqual(
      lintReleasePolicy(allowAll).map((finding) => finding.id),
      ['RELEASE_POLICY_ALLOW_ALL'],
    );
    assert.deepEqual(
      lintReleasePolicy(POLICY, { policyHash: OTHER }).map((finding) => finding.id),
      ['RELEASE_POLICY_OTHER_HASH'],
    );
  });
});
