import assert from 'node:assert/strict';
import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto';

import {
  type ReleaseWrapAlgorithm,
  unwrapReleased,
  wrapForRelease,
} from '../../../../src/lib/room/key-release/key-wrap.js';

const ALGORITHMS: readonly ReleaseWrapAlgorithm[] = [
  'CKM_RSA_AES_KEY_WRAP',
  'RSA_AES_KEY_WRAP_256',
  'RSA_AES_KEY_WRAP_384',
];

describe('key wrap of secure key release', () => {
  const runtime = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const larger = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const target = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  });

  for (const algorithm of ALGORITHMS) {
    it(`${algorithm}: unwraps what it wrapped, for a runtime key of either size`, () => {
      for (const keys of [runtime, larger]) {
        const wrapped = wrapForRelease(algorithm, keys.publicKey, target);
        assert.deepEqual(Buffer.from(unwrapReleased(algorithm, keys.privateKey, wrapped)), target);
      }
    });

    it(`${algorithm}: refuses a flipped bit, a cut and another key alike`, () => {
      const wrapped = wrapForRelease(algorithm, runtime.publicKey, randomBytes(32));
      const flipped = Buffer.from(wrapped);
      flipped[flipped.length - 1]! ^= 1;
      for (const bad of [flipped, wrapped.subarray(0, -8), wrapped.subarray(0, 200), new Uint8Array(0)]) {
        assert.throws(() => unwrapReleased(algorithm, runtime.privateKey, bad), {
          code: 'RELEASED_KEY_MALFORMED',
        });
      }
      assert.throws(() => unwrapReleased(algorithm, larger.privateKey, wrapped), {
        code: 'RELEASED_KEY_MALFORMED',
      });
    });
  }

  it('keeps the three algorithms apart', () => {
    const wrapped = wrapForRelease('CKM_RSA_AES_KEY_WRAP', runtime.publicKey, target);
    assert.throws(() => unwrapReleased('RSA_AES_KEY_WRAP_256', runtime.privateKey, wrapped));
  });

  it('uses AES-KWP as RFC 5649 §6 has it', () => {
    const kek = Buffer.from('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8', 'hex');
    const cipher = createCipheriv('id-aes192-wrap-pad', kek, Buffer.from('a65959a6', 'hex'));
    const wrapped = Buffer.concat([cipher.update('466f7250617369', 'hex'), cipher.final()]);
    assert.equal(wrapped.toString('hex'), 'afbeb0f07dfbf5419200f2ccb50bb24f');
  });
});
