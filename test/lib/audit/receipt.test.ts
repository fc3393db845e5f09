import assert from 'node:assert/strict';

import { CompactSign, type CryptoKey, exportJWK, generateKeyPair } from 'jose';

import {
  inputsDigest,
  parseReceipt,
  type Receipt,
  signReceipt,
  verifyReceipt,
} from '../../../src/lib/audit/receipt.js';
import { utf8 } from '../../../src/lib/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/bytes/digest.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';

interface Signer {
  readonly privateKey: CryptoKey;
  readonly publicKey: PublicKeyJwk;
}

async function signer(): Promise<Signer> {
  const pair = await generateKeyPair('ES256');
  return { privateKey: pair.privateKey, publicKey: (await exportJWK(pair.publicKey)) as PublicKeyJwk };
}

const inputs = [
  {
    dataset: 'notes',
    owner: 'fabrikam',
    kind: 'text' as const,
    version: 1,
    header: sha256Hex('header'),
    payload: sha256Hex('payload'),
    key: 'https://vault.example/keys/notes/1',
  },
];

const receipt: Receipt = {
  v: 1,
  use: 'cleanroom-receipt',
  outcome: 'released',
  contract: sha256Hex('contract'),
  policy: sha256Hex('policy'),
  report: sha256Hex('report'),
  inputs,
  inputsDigest: inputsDigest(inputs),
  model: { method: 't5', digest: `sha256:${sha256Hex('model')}` },
  parameters: { beams: 1, maxTokens: 150 },
  limits: { maxTokens: 150, maxShareOfSource: 0.3, maxVerbatimTokens: 12, minDocuments: 1, maxResults: 1 },
  checks: [{ id: 'SUMMARY_TOKENS', status: 'pass', expected: '150', actual: '12' }],
  output: { digest: sha256Hex('output'), sealed: sha256Hex('sealed') },
  budget: { used: 1, of: 1 },
  refusal: null,
  time: '2026-01-02T03:04:05.000Z',
};

describe('receipt', () => {
  it('reads back what was signed, under the key that signed it', async () => {
    const room = await signer();
    const jws = await signReceipt(receipt, room.privateKey, room.publicKey);
    const read = await verifyReceipt(jws, room.publicKey);
    assert.deepEqual(read.receipt, receipt);
    assert.equal(read.digest, sha256Hex(jws));
  });

  it('I9: is refused under any other key than that of the room report', async () => {
    const room = await signer();
    const jws = await signReceipt(receipt, room.privateKey, room.publicKey);
    await assert.rejects(verifyReceipt(jws, (await signer()).publicKey), { code: 'RECEIPT_REJECTED' });
  });

  it('X4: takes no other algorithm, type or header member, whatever key it is signed by', async () => {
    const room = await signer();
    const payload = utf8(JSON.stringify(receipt));
    const sign = (header: object): Promise<string> =>
      new CompactSign(payload).setProtectedHeader(header as { alg: string }).sign(room.privateKey);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(payload).toString('base64url')}.`;
    const bad = [
      await sign({ alg: 'ES256', kid: 'x' }),
      await sign({ alg: 'ES256', typ: 'JWT', kid: 'x' }),
      await sign({ alg: 'ES256', typ: 'cleanroom-receipt+jws', kid: 'x', jku: 'https://x' }),
      none,
    ];
    for (const jws of bad)
      await assert.rejects(verifyReceipt(jws, room.publicKey), { code: 'RECEIPT_REJECTED' });
  });

  it('X5: refuses any flipped character, and trailing ones', async () => {
    const room = await signer();
    const jws = await signReceipt(receipt, room.privateKey, room.publicKey);
    for (let index = 0; index < jws.length; index += 7) {
      const character = jws[index] === 'A' ? 'B' : 'A';
      const changed = jws.slice(0, index) + character + jws.slice(index + 1);
      if (changed === jws) continue;
      await assert.rejects(
        verifyReceipt(changed, room.publicKey),
        { code: 'RECEIPT_REJECTED' },
        `at ${index}`,
      );
    }
    await assert.rejects(verifyReceipt(`${jws}.`, room.publicKey), { code: 'RECEIPT_REJECTED' });
    assert.throws(() => parseReceipt('a.b.c'), { code: 'RECEIPT_REJECTED' });
  });

  it('counts a set of inputs by dataset and payload, in any order, whatever the header', () => {
    const a = { dataset: 'a', payload: sha256Hex('1') };
    const b = { dataset: 'b', payload: sha256Hex('2') };
    assert.equal(inputsDigest([a, b]), inputsDigest([b, a]));
    assert.notEqual(inputsDigest([a, b]), inputsDigest([a, { ...b, payload: sha256Hex('3') }]));
    assert.notEqual(inputsDigest([a]), inputsDigest([{ ...a, dataset: 'b' }]));
  });
});
