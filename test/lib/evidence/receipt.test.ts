import assert from 'node:assert/strict';

import { type KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { readSignedReceipt } from '../../../src/lib/evidence/verify-receipts.js';
import { inputsDigest, parseReceipt, type Receipt } from '../../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../../src/lib/room/sign-receipt.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { signEs256 } from '../../../src/lib/keys/es256.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { EXAMPLE_LIMITS } from '../../support/contract.js';

interface Signer {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKeyJwk;
}

function signer(): Signer {
  const pair = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  return { privateKey: pair.privateKey, publicKey: pair.publicKey.export({ format: 'jwk' }) as PublicKeyJwk };
}

const inputs = [
  {
    dataset: 'notes',
    owner: 'fabrikam',
    kind: 'text' as const,
    version: '1',
    header: sha256Hex('header'),
    payload: sha256Hex('payload'),
    key: 'https://vault.example/keys/notes/1',
  },
];

const receipt: Receipt = {
  v: 2,
  use: 'cleanroom-receipt',
  outcome: 'released',
  contract: sha256Hex('contract'),
  policy: sha256Hex('policy'),
  report: sha256Hex('report'),
  inputs,
  inputsDigest: inputsDigest(inputs),
  model: { digest: `sha256:${sha256Hex('model')}` },
  extractiveLimits: null,
  limits: { ...EXAMPLE_LIMITS, maxResults: 1 },
  output: { digest: sha256Hex('output'), sealed: sha256Hex('sealed') },
  budget: { used: 1, of: 1 },
  causes: null,
  refusal: null,
  time: '2026-01-02T03:04:05.000Z',
};

const read = (jws: string, key: PublicKeyJwk) => readSignedReceipt(jws, key, nodeSignatureCrypto);

describe('receipt', () => {
  const rejected = { code: 'RECEIPT_REJECTED' };

  it('reads back what was signed, under the key that signed it', async () => {
    const room = signer();
    const { jws } = signReceipt(receipt, room.privateKey);
    const outcome = await read(jws, room.publicKey);
    assert.deepEqual(outcome.receipt, receipt);
    assert.equal(outcome.digest, sha256Hex(jws));
  });

  it('I9: is refused under any other key than that of the room report', async () => {
    const { jws } = signReceipt(receipt, signer().privateKey);
    await assert.rejects(() => read(jws, signer().publicKey), rejected);
  });

  it('X4: takes no other algorithm, type or header member, whatever key it is signed by', async () => {
    const room = signer();
    const payload = utf8(JSON.stringify(receipt));
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(payload).toString('base64url')}.`;
    const bad = [
      signEs256({ kid: 'x' }, payload, room.privateKey),
      signEs256({ typ: 'JWT', kid: 'x' }, payload, room.privateKey),
      signEs256({ typ: 'cleanroom-receipt+jws', kid: 'x', jku: 'https://x' }, payload, room.privateKey),
      none,
    ];
    for (const jws of bad) await assert.rejects(() => read(jws, room.publicKey), rejected);
  });

  it('X5: refuses any flipped character, and trailing ones', async () => {
    const room = signer();
    const { jws } = signReceipt(receipt, room.privateKey);
    for (let index = 0; index < jws.length; index += 7) {
      const character = jws[index] === 'A' ? 'B' : 'A';
      const changed = jws.slice(0, index) + character + jws.slice(index + 1);
      await assert.rejects(() => read(changed, room.publicKey), rejected, `at ${index}`);
    }
    await assert.rejects(() => read(`${jws}.`, room.publicKey), rejected);
    assert.throws(() => parseReceipt('a.b.c'), rejected);
  });

  it('counts a set of inputs by dataset and payload, in any order, whatever the header', () => {
    const a = { dataset: 'a', payload: sha256Hex('1') };
    const b = { dataset: 'b', payload: sha256Hex('2') };
    assert.equal(inputsDigest([a, b]), inputsDigest([b, a]));
    assert.notEqual(inputsDigest([a, b]), inputsDigest([a, { ...b, payload: sha256Hex('3') }]));
    assert.notEqual(inputsDigest([a]), inputsDigest([{ ...a, dataset: 'b' }]));
  });
});
