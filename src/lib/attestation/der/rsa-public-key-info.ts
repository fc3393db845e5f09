// The one thing this domain writes in DER: SubjectPublicKeyInfo of an RSA key given as numbers. RFC 3279 §2.3.1.

import { concatBytes } from '../../bytes/arrays.js';
import { TAG } from './reader.js';

/* AlgorithmIdentifier { rsaEncryption, NULL } */
const RSA_ENCRYPTION = Uint8Array.of(
  0x30,
  0x0d,
  0x06,
  0x09,
  0x2a,
  0x86,
  0x48,
  0x86,
  0xf7,
  0x0d,
  1,
  1,
  1,
  5,
  0,
);

/** SubjectPublicKeyInfo of the RSA key with these big-endian numbers. */
export function rsaPublicKeyInfo(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = encode(TAG.sequence, concatBytes(unsigned(modulus), unsigned(exponent)));
  const bits = encode(TAG.bitString, concatBytes(Uint8Array.of(0), key));
  return encode(TAG.sequence, concatBytes(RSA_ENCRYPTION, bits));
}

function unsigned(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  const magnitude = start === -1 ? Uint8Array.of(0) : number.subarray(start);
  const sign = (magnitude[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return encode(TAG.integer, concatBytes(sign, magnitude));
}

function encode(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from(head), content);
}
