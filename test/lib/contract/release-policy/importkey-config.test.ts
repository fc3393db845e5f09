import assert from 'node:assert/strict';

import { readImportKeyConfig } from '../../../../src/lib/contract/release-policy/importkey-config.js';
import { parsedContract } from '../../../support/room-fixture.js';

const HASH = 'ab'.repeat(32);

describe("importkey's configuration", () => {
  const parsed = parsedContract();
  const dataset = parsed.contract.datasets[0]!;
  const claims = [
    { claim: 'x-ms-sevsnpvm-hostdata', equals: HASH },
    { claim: 'x-ms-compliance-status', equals: 'azure-compliant-uvm' },
    { claim: 'x-ms-sevsnpvm-is-debuggable', equals: 'false' },
  ];
  /* As the tool's examples have it. */
  const config = {
    key: {
      kid: 'quarterly-notes',
      kty: 'RSA-HSM',
      key_ops: ['encrypt', 'decrypt'] as string[] | undefined,
      authority: { endpoint: 'sharedweu.weu.attest.azure.net' },
      akv: {
        endpoint: 'fabrikam-hsm.managedhsm.azure.net',
        api_version: 'api-version=7.4',
        bearer_token: 'ey.secret.token',
      },
    },
    key_derivation: { salt: '00', label: 'Symmetric Encryption Key' },
    claims: [claims],
  };
  const read = (value: unknown) =>
    readImportKeyConfig(JSON.stringify(value), { parsed, dataset, policyHash: HASH });
  const withKey = (changes: object) => ({ ...config, key: { ...config.key, ...changes } });

  it('gives the kind of key, and says what of it is not taken over', () => {
    const { kind, notes } = read(config);
    assert.equal(kind, 'rsa');
    assert.match(notes.join(), /key_ops of the importkey configuration are not taken over/);
    assert.match(notes.join(), /bearer token/);
  });

  it('I1: takes no key_ops for the least, where the tool takes them for all', () => {
    assert.match(
      read(withKey({ key_ops: undefined })).notes.join(),
      /takes for all of them; the key gets the least/,
    );
  });

  it('takes an empty kty for oct, as the tool does', () => {
    assert.equal(read(withKey({ kty: '' })).kind, 'oct');
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['I4: for no particular room', { ...config, claims: [claims.slice(1)] }, /hostdata is not there/],
    [
      'I4: with a second branch that is open',
      { ...config, claims: [claims, [claims[1]]] },
      /claims\[1\]: x-ms-sevsnpvm-hostdata/,
    ],
    ['I4: for a room in debug mode', { ...config, claims: [claims.slice(0, 2)] }, /is-debuggable/],
    [
      'for another policy',
      { ...config, claims: [[{ ...claims[0], equals: 'cd'.repeat(32) }, ...claims.slice(1)]] },
      /not the policy hash/,
    ],
    ['N3: without claims', { ...config, claims: [] }, /claims/],
    [
      'I16: in another vault',
      withKey({ akv: { endpoint: 'contoso-hsm.managedhsm.azure.net' } }),
      /key.akv.endpoint/,
    ],
    [
      'I13: by an authority that nobody agreed to',
      withKey({ authority: { endpoint: 'contoso.weu.attest.azure.net' } }),
      /authorities/,
    ],
    ['under another name', withKey({ kid: 'other' }), /key.kid/],
    ['that may sign', withKey({ key_ops: ['sign'] }), /key.key_ops: sign/],
    ['of a kind that the tool does not make', withKey({ kty: 'EC-HSM' }), /key.kty/],
  ];
  for (const [what, value, pattern] of wrong) {
    it(`is refused for a key ${what}`, () => {
      assert.throws(
        () => read(value),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'IMPORTKEY_CONFIG_REFUSED');
          assert.match(error.message, pattern);
          return true;
        },
      );
    });
  }

  it('X7: never repeats the bearer token in an error', () => {
    assert.throws(
      () => read(withKey({ kid: 'other' })),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});
