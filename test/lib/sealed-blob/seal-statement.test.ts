import assert from 'node:assert/strict';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { signEs256 } from '../../../src/lib/keys/es256.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import {
  appraiseSealStatement,
  type SealedFacts,
  type SealStatement,
  verifySealStatement,
} from '../../../src/lib/sealed-blob/statement/seal-statement.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';

const VAULT = 'fabrikam-hsm.managedhsm.azure.net';
const DIGEST = { sha256: sha256Hex('header'), bytes: 6 };
const PAYLOAD = { sha256: sha256Hex('payload'), bytes: 7 };

const STATEMENT: SealStatement = {
  contract: sha256Hex('contract'),
  dataset: 'notes',
  version: '3',
  key: `https://${VAULT}/keys/quarterly-notes/0123456789abcdef0123456789abcdef`,
  header: DIGEST,
  payload: PAYLOAD,
  iat: 1_795_000_000,
};

const FACTS: SealedFacts = {
  contract: STATEMENT.contract,
  dataset: 'notes',
  key: { vault: VAULT, name: 'quarterly-notes' },
  protected: {
    enc: 'AES256-GCM-HKDF-1MB',
    cty: 'text/plain; charset=utf-8',
    contract: STATEMENT.contract,
    dataset: 'notes',
    version: '3',
  },
  header: DIGEST,
  payload: PAYLOAD,
};

describe('seal statement', () => {
  const owner = keys();
  const host = keys();
  let raw = '';
  before(async () => (raw = await signSealStatement(STATEMENT, owner.privateKey)));

  it('verifies under the contract key of its owner and holds for its blob', () => {
    const statement = verifySealStatement(raw, owner.jwk);
    assert.deepEqual(
      appraiseSealStatement(statement, FACTS).filter((check) => check.status !== 'pass'),
      [],
    );
  });

  it('I18: is refused when the host signed it', async () => {
    const forged = await signSealStatement(STATEMENT, host.privateKey);
    assert.throws(() => verifySealStatement(forged, owner.jwk), { code: 'SEAL_STATEMENT_REJECTED' });
  });

  const mutations: readonly (readonly [string, Partial<SealedFacts>])[] = [
    ['SEAL_CONTRACT', { contract: sha256Hex('another') }],
    ['SEAL_DATASET', { dataset: 'other' }],
    ['SEAL_KEY', { key: { vault: 'contoso-hsm.managedhsm.azure.net', name: 'quarterly-notes' } }],
    ['SEAL_KEY', { key: { vault: VAULT, name: 'quarterly' } }],
    ['SEAL_PROTECTED', { protected: { ...FACTS.protected, version: '2' } }],
    ['SEAL_HEADER', { header: { ...DIGEST, sha256: sha256Hex('swapped') } }],
    ['SEAL_PAYLOAD', { payload: { ...PAYLOAD, bytes: 8 } }],
    ['SEAL_PAYLOAD', { payload: { ...PAYLOAD, sha256: sha256Hex('older') } }],
  ];
  for (const [id, change] of mutations) {
    it(`I11, I18: fails at ${id} alone for ${JSON.stringify(change).slice(0, 60)}`, () => {
      const statement = verifySealStatement(raw, owner.jwk);
      const failed = appraiseSealStatement(statement, { ...FACTS, ...change }).filter(
        (check) => check.status === 'fail',
      );
      assert.deepEqual(
        failed.map((check) => check.id),
        [id],
      );
    });
  }

  it('says that the payload has not been checked while it has not been read', () => {
    const checks = appraiseSealStatement(verifySealStatement(raw, owner.jwk), { ...FACTS, payload: null });
    assert.equal(checks.find((check) => check.id === 'SEAL_PAYLOAD')?.status, 'skip');
  });

  it('X4, X5: refuses other types, algorithms, members, and junk', () => {
    const payload = utf8(JSON.stringify({ v: 1, use: 'cleanroom-seal', ...STATEMENT }));
    const [header = '', body = '', signature = ''] = raw.split('.');
    const none = Buffer.from('{"alg":"none","typ":"cleanroom-seal+jws"}').toString('base64url');
    const bad = [
      '',
      `${raw}\n`,
      `${raw}.`,
      `${header}.${body}.`,
      `${none}.${body}.`,
      `${none}.${body}.${signature}`,
      signEs256({ typ: 'JWT' }, payload, owner.privateKey),
      signEs256({ typ: 'cleanroom-seal+jws', crit: ['x'] }, payload, owner.privateKey),
      signEs256({ typ: 'cleanroom-seal+jws' }, utf8('{"v":1}'), owner.privateKey),
      signEs256({ typ: 'cleanroom-seal+jws' }, utf8('[]'), owner.privateKey),
      signEs256(
        { typ: 'cleanroom-seal+jws' },
        utf8(`{"v":1,"v":1${Buffer.from(payload).toString().slice(6)}`),
        owner.privateKey,
      ),
    ];
    for (const text of bad) {
      assert.throws(() => verifySealStatement(text, owner.jwk), { code: 'SEAL_STATEMENT_REJECTED' });
    }
  });

  it('X5: refuses every other character in its place', () => {
    for (let index = 0; index < raw.length; index += 3) {
      const changed = raw.slice(0, index) + (raw[index] === 'A' ? 'B' : 'A') + raw.slice(index + 1);
      assert.throws(() => verifySealStatement(changed, owner.jwk), { code: 'SEAL_STATEMENT_REJECTED' });
    }
  });

  function keys() {
    const { publicKey, privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    return { privateKey, jwk: publicKey.export({ format: 'jwk' }) as PublicKeyJwk };
  }
});
