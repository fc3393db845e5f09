import assert from 'node:assert/strict';

import { parseSha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { buildReleasePolicy } from '../../../../src/lib/contract/release-policy/build.js';
import { evaluateReleasePolicy, type Claims } from '../../../../src/lib/contract/release-policy/evaluate.js';
import { parseReleasePolicy } from '../../../../src/lib/contract/release-policy/parse.js';

const HASH = parseSha256Hex('9c41'.repeat(16))!;
const AUTHORITY = 'https://sharedweu.weu.attest.azure.net';
const POLICY = buildReleasePolicy({
  policyHash: HASH,
  authorities: [AUTHORITY],
  guestSvn: 2,
  minTcb: { snp: 24, microcode: 219 },
});

const GOOD: Claims = {
  iss: AUTHORITY,
  'x-ms-attestation-type': 'sevsnpvm',
  'x-ms-compliance-status': 'azure-compliant-uvm',
  'x-ms-sevsnpvm-hostdata': HASH,
  'x-ms-sevsnpvm-is-debuggable': false,
  'x-ms-sevsnpvm-migration-allowed': false,
  'x-ms-sevsnpvm-vmpl': 0,
  'x-ms-sevsnpvm-guestsvn': 2,
  'x-ms-sevsnpvm-snpfw-svn': 24,
  'x-ms-sevsnpvm-microcode-svn': 219,
};

describe('evaluation of a release policy', () => {
  it('is satisfied by the claims of the room it names, booleans and numbers coerced', () => {
    const evaluation = evaluateReleasePolicy(POLICY, GOOD, AUTHORITY);
    assert.equal(evaluation.satisfied, true);
    assert.equal(evaluation.clauses.length, 9);
  });

  const mutations: readonly (readonly [string, string | number | boolean])[] = [
    ['x-ms-attestation-type', 'azurevm'],
    ['x-ms-compliance-status', 'azure-compliant-cvm'],
    ['x-ms-sevsnpvm-hostdata', 'aa'.repeat(32)],
    ['x-ms-sevsnpvm-is-debuggable', true],
    ['x-ms-sevsnpvm-migration-allowed', 'true'],
    ['x-ms-sevsnpvm-vmpl', 0xffff_ffff],
    ['x-ms-sevsnpvm-guestsvn', 1],
    ['x-ms-sevsnpvm-guestsvn', 'many'],
    ['x-ms-sevsnpvm-snpfw-svn', 23],
    ['x-ms-sevsnpvm-microcode-svn', '115'],
  ];
  for (const [claim, value] of mutations) {
    it(`fails at exactly the clause of ${claim} when it is ${String(value)}, and when it is missing`, () => {
      for (const claims of [
        { ...GOOD, [claim]: value },
        { ...GOOD, [claim]: undefined },
      ]) {
        const evaluation = evaluateReleasePolicy(POLICY, claims, AUTHORITY);
        assert.equal(evaluation.satisfied, false);
        const failed = evaluation.clauses.filter((clause) => !clause.satisfied);
        assert.deepEqual(
          failed.map((clause) => clause.clause.claim),
          [claim],
        );
      }
    });
  }

  it('I13: is not satisfied by the same claims from another authority', () => {
    const evaluation = evaluateReleasePolicy(POLICY, GOOD, 'https://contoso.weu.attest.azure.net');
    assert.equal(evaluation.satisfied, false);
    assert.deepEqual(evaluation.branches, [
      { authority: AUTHORITY, authorityMatches: false, satisfied: false },
    ]);
  });

  it('takes an authority with a trailing slash as the same', () => {
    assert.equal(evaluateReleasePolicy(POLICY, GOOD, `${AUTHORITY}/`).satisfied, true);
  });

  const table: readonly (readonly [string, object, Claims, boolean])[] = [
    ['a dotted path', { claim: 'a.b', equals: '1' }, { a: { b: 1 } }, true],
    ['no inherited member', { claim: 'a.constructor.name', exists: true }, { a: {} }, false],
    ['no entry into arrays', { claim: 'a.0', equals: 'x' }, { a: ['x'] }, false],
    ['an object is no scalar', { claim: 'a', equals: '[object Object]' }, { a: {} }, false],
    ['notEquals of a missing claim', { claim: 'a', notEquals: 'x' }, {}, false],
    ['notEquals of another value', { claim: 'a', notEquals: 'x' }, { a: 'y' }, true],
    ['exists true', { claim: 'a', exists: true }, { a: false }, true],
    ['exists false of a missing claim', { claim: 'a', exists: false }, {}, true],
    ['exists "false" of a null', { claim: 'a', exists: 'false' }, { a: null }, true],
    ['less', { claim: 'a', less: 3 }, { a: '2' }, true],
    ['numbers are not ordered as text', { claim: 'a', greater: 9 }, { a: '10' }, true],
    ['order of booleans', { claim: 'a', lessOrEquals: 1 }, { a: true }, false],
    ['order of empty text', { claim: 'a', greaterOrEquals: 0 }, { a: '' }, false],
    [
      'anyOf',
      {
        anyOf: [
          { claim: 'a', equals: 1 },
          { claim: 'a', equals: 2 },
        ],
      },
      { a: 2 },
      true,
    ],
    [
      'allOf in anyOf',
      {
        anyOf: [
          {
            allOf: [
              { claim: 'a', equals: 1 },
              { claim: 'b', equals: 1 },
            ],
          },
        ],
      },
      { a: 1, b: 2 },
      false,
    ],
  ];
  for (const [name, condition, claims, expected] of table) {
    it(`${name}: ${String(expected)}`, () => {
      const policy = { version: '1.0.0', anyOf: [{ authority: AUTHORITY, allOf: [condition] }] };
      const parsed = parseReleasePolicy(JSON.stringify(policy));
      assert.equal(evaluateReleasePolicy(parsed, claims, AUTHORITY).satisfied, expected);
    });
  }
});
