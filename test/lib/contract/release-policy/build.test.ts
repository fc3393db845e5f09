import assert from 'node:assert/strict';

import fc from 'fast-check';

import { parseSha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { buildReleasePolicy, commonTcbFloor } from '../../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../../src/lib/contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../../../../src/lib/contract/release-policy/parse.js';

const HASH = parseSha256Hex('9c41'.repeat(16))!;
const AUTHORITY = 'https://sharedweu.weu.attest.azure.net';

describe('release policy', () => {
  it('is written in the grammar of the vault, one branch an authority, every clause in each', () => {
    const authorities = [AUTHORITY, 'https://sharedneu.neu.attest.azure.net'];
    const policy = buildReleasePolicy({ policyHash: HASH, authorities, guestSvn: 2, minTcb: { snp: 24 } });
    const allOf = [
      { claim: 'x-ms-attestation-type', equals: 'sevsnpvm' },
      { claim: 'x-ms-compliance-status', equals: 'azure-compliant-uvm' },
      { claim: 'x-ms-sevsnpvm-hostdata', equals: HASH },
      { claim: 'x-ms-sevsnpvm-is-debuggable', equals: 'false' },
      { claim: 'x-ms-sevsnpvm-migration-allowed', equals: 'false' },
      { claim: 'x-ms-sevsnpvm-vmpl', equals: '0' },
      { claim: 'x-ms-sevsnpvm-guestsvn', greaterOrEquals: 2 },
      { claim: 'x-ms-sevsnpvm-snpfw-svn', greaterOrEquals: 24 },
    ];
    assert.deepEqual(JSON.parse(renderReleasePolicy(policy)), {
      version: '1.0.0',
      anyOf: authorities.map((authority) => ({ authority, allOf })),
    });
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.option(fc.nat(255), { nil: undefined }), (guestSvn, snp) => {
        const policy = buildReleasePolicy({
          policyHash: HASH,
          authorities: [AUTHORITY],
          guestSvn,
          minTcb: { snp },
        });
        assert.deepEqual(parseReleasePolicy(renderReleasePolicy(policy)), policy);
      }),
    );
  });

  it('N3: is never built without an authority', () => {
    assert.throws(() => buildReleasePolicy({ policyHash: HASH, authorities: [], guestSvn: 2 }), {
      code: 'RELEASE_POLICY_EMPTY',
    });
  });

  it('holds the lowest floor where products differ, and none where one product has none', () => {
    const base = { authorities: [AUTHORITY], guestSvn: 2, uvmMinSvn: 100 };
    const minTcb = { Milan: { snp: 24, microcode: 219 }, Genoa: { snp: 20 } };
    assert.deepEqual(commonTcbFloor({ ...base, products: ['Milan', 'Genoa'], minTcb }), {
      bootloader: undefined,
      tee: undefined,
      snp: 20,
      microcode: undefined,
    });
    assert.equal(commonTcbFloor({ ...base, products: ['Milan'], minTcb }).microcode, 219);
    assert.equal(commonTcbFloor({ ...base, products: ['Milan', 'Turin'], minTcb }).snp, undefined);
  });

  const clause = '{"claim":"a","equals":"b"}';
  const branch = (body: string): string =>
    `{"version":"1.0.0","anyOf":[{"authority":"${AUTHORITY}",${body}}]}`;
  for (const [name, text] of [
    ['no JSON', '{'],
    ['no version', `{"anyOf":[{"authority":"${AUTHORITY}","allOf":[${clause}]}]}`],
    ['an unknown version', `{"version":"2","anyOf":[{"authority":"${AUTHORITY}","allOf":[${clause}]}]}`],
    ['no branch', '{"version":"1.0.0","anyOf":[]}'],
    ['an empty allOf', branch('"allOf":[]')],
    ['an empty nested group', branch('"allOf":[{"anyOf":[]}]')],
    ['neither allOf nor anyOf', `{"version":"1.0.0","anyOf":[{"authority":"${AUTHORITY}"}]}`],
    ['both allOf and anyOf', branch(`"allOf":[${clause}],"anyOf":[${clause}]`)],
    ['two operators', branch('"allOf":[{"claim":"a","equals":"b","exists":true}]')],
    ['no operator', branch('"allOf":[{"claim":"a"}]')],
    ['an unknown operator', branch('"allOf":[{"claim":"a","matches":"b"}]')],
    ['a list as value', branch('"allOf":[{"claim":"a","equals":["b"]}]')],
    ['exists of text', branch('"allOf":[{"claim":"a","exists":"yes"}]')],
    ['an unknown member', branch(`"allOf":[${clause}],"note":"x"`)],
    ['a duplicate key', branch('"allOf":[{"claim":"a","claim":"b","equals":"c"}]')],
    ['plain http', `{"version":"1.0.0","anyOf":[{"authority":"http://a","allOf":[${clause}]}]}`],
    ['deep nesting', branch(`"allOf":[${'{"allOf":['.repeat(40)}${clause}${']}'.repeat(40)}]`)],
  ] as const) {
    it(`refuses a policy with ${name}`, () => {
      assert.throws(() => parseReleasePolicy(text), { code: 'RELEASE_POLICY_MALFORMED' });
    });
  }
});
