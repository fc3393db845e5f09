// The bytes that an HSM signs, each rule of their form broken alone; whether the signature holds is not asked here.

import assert from 'node:assert/strict';

import { attestedThumbprint, keyIdentifier } from '../../../../src/lib/attestation/hsm/attested-key.js';
import { ATTRIBUTE } from '../../../../src/lib/attestation/hsm/attributes.js';
import {
  hasOlderForm,
  parseSignedAttributes,
} from '../../../../src/lib/attestation/hsm/signed-attributes.js';
import { signedAttributes } from '../../../../src/lib/emulator/managed-hsm/key-attestation.js';

const unsigned = { sign: () => new Uint8Array(256) };
const made = (...attributes: Parameters<typeof signedAttributes>[0]): Buffer =>
  Buffer.from(signedAttributes(attributes, unsigned));
const A: [number, Uint8Array] = [0x0163, Uint8Array.of(1)];
const B: [number, Uint8Array] = [0x0103, Uint8Array.of(1)];
/* Where the fields are: the response header has 20 bytes, the data's 8. */
const AT = { code: 0, total: 8, size: 12, first: 24, second: 26, count: 32, attributes: 36, length: 44 };

describe('the bytes that an HSM signs', () => {
  const good = made(A, B);

  function changed(set: (bytes: Buffer) => void, bytes: Buffer = good): Buffer {
    const copy = Buffer.from(bytes);
    set(copy);
    return copy;
  }

  const broken: readonly (readonly [string, Buffer, RegExp])[] = [
    ['a code other than 0', changed((b) => b.writeUInt32BE(1, AT.code)), /header/],
    ['another total size', changed((b) => b.writeUInt32BE(good.length - 1, AT.total)), /header/],
    ['data that are longer than all', changed((b) => b.writeUInt32BE(good.length, AT.size)), /fit/],
    ['data without a key', changed((b) => b.writeUInt32BE(4, AT.size)), /fit/],
    ['an offset into the header', changed((b) => b.writeUInt16BE(4, AT.first)), /offsets/],
    ['a second key behind the end', changed((b) => b.writeUInt16BE(60_000, AT.second)), /offsets/],
    ['no room before the second key', changed((b) => b.writeUInt16BE(12, AT.second)), /no room/],
    ['one attribute more than there are', changed((b) => b.writeUInt32BE(3, AT.count)), /cut off/],
    ['more attributes than any key has', changed((b) => b.writeUInt32BE(201, AT.count)), /201 attributes/],
    ['one attribute less than there are', changed((b) => b.writeUInt32BE(1, AT.count)), /behind/],
    ['another size of the attributes', changed((b) => b.writeUInt32BE(17, AT.attributes)), /size/],
    ['a length that leads out', changed((b) => b.writeUInt32BE(500, AT.length)), /cut off/],
    ['an attribute twice', made(A, A), /twice/],
    ['too few bytes', good.subarray(0, 290), /too short/],
    ['too many bytes', made([ATTRIBUTE.label, new Uint8Array(17_000)]), /has 17\d\d\d bytes/],
  ];
  for (const [what, bytes, reason] of broken)
    it(`are refused with ${what}`, () => {
      assert.throws(() => parseSignedAttributes(bytes), { code: 'EVIDENCE_MALFORMED', message: reason });
    });

  it('are read, with a second key behind the first and words of any number before', () => {
    assert.equal(parseSignedAttributes(good).attributes.size, 2);
    assert.equal(hasOlderForm(made([ATTRIBUTE.label, new Uint8Array(17_000)])), false);
    assert.equal(hasOlderForm(Buffer.alloc(270)), false);
  });

  it('name no key without an identifier, and tell no public half of a point that is none', () => {
    assert.equal(keyIdentifier(parseSignedAttributes(good)), null);
    const withPoint = (...point: readonly number[]): string | null =>
      attestedThumbprint(
        parseSignedAttributes(
          made([ATTRIBUTE.keyType, Uint8Array.of(3)], [ATTRIBUTE.modulus, Uint8Array.from(point)]),
        ),
      );
    assert.equal(withPoint(4, ...Array<number>(64).fill(1))?.length, 43);
    assert.equal(withPoint(2, ...Array<number>(64).fill(1)), null);
    assert.equal(withPoint(4, ...Array<number>(60).fill(1)), null);
  });
});
