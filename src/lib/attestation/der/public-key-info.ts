// The one thing this domain writes in DER: SubjectPublicKeyInfo of keys given as numbers. RFC 3279 §2.3.1, RFC 5480.

import { concatBytes } from '../../base/bytes/arrays.js';
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

/* SEQUENCE { AlgorithmIdentifier { id-ecPublicKey, prime256v1 }, BIT STRING } up to the point. */
const P256_HEAD = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00],
);

/** SubjectPublicKeyInfo of the P-256 key with these coordinates of 32 bytes each. */
export function p256PublicKeyInfo(x: Uint8Array, y: Uint8Array): Uint8Array {
  return concatBytes(P256_HEAD, Uint8Array.of(4), x, y);
}

/* The same with secp384r1. */
const P384_HEAD = Uint8Array.of(
  ...[0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00],
);

/** SubjectPublicKeyInfo of a key on P-256 or P-384, with coordinates of the curve's size each. */
export function ecPublicKeyInfo(curve: 'P-256' | 'P-384', x: Uint8Array, y: Uint8Array): Uint8Array {
  return concatBytes(curve === 'P-256' ? P256_HEAD : P384_HEAD, Uint8Array.of(4), x, y);
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
