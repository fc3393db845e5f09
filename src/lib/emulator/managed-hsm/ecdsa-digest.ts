// ECDSA over a digest that the caller made (FIPS 186-5 §6.4), which is what a vault signs; node:crypto hashes by itself.

import { createECDH, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { CURVES } from './constants.js';

interface Curve {
  readonly p: bigint;
  readonly a: bigint;
  /** Order of the base point. */
  readonly n: bigint;
  /** Of a coordinate, and of each half of a signature. */
  readonly bytes: number;
}

/* SEC 2, by JWK name. */
const PARAMETERS: Readonly<Record<string, Curve>> = {
  'P-256': primeCurve(2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n, {
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  }),
  'P-384': primeCurve(2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n, {
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  }),
  'P-521': primeCurve(2n ** 521n - 1n, {
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    bytes: 66,
  }),
  'P-256K': {
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    bytes: 32,
  },
};

/** r and s, one after the other (RFC 7518 §3.4). */
export function signDigest(crv: string, key: KeyObject, digest: Uint8Array): Uint8Array {
  const curve = curveOf(crv);
  const { n, bytes } = curve;
  const d = toNumber(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const e = leftmostBits(digest, n);
  for (;;) {
    const k = (toNumber(randomBytes(bytes + 8)) % (n - 1n)) + 1n;
    const r = timesBase(crv, k).x % n;
    const s = modulo(inverse(k, n) * (e + r * d), n);
    if (r !== 0n && s !== 0n) return concatBytes(toBytes(r, bytes), toBytes(s, bytes));
  }
}

/** Whether `signature` (r and s) is that of `digest` under the public half of `key`. */
export function verifyDigest(
  crv: string,
  key: KeyObject,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const curve = curveOf(crv);
  const { n, bytes } = curve;
  if (signature.length !== 2 * bytes) return false;
  const [r, s] = [toNumber(signature.subarray(0, bytes)), toNumber(signature.subarray(bytes))];
  if (r === 0n || r >= n || s === 0n || s >= n) return false;
  const w = inverse(s, n);
  const u = modulo(leftmostBits(digest, n) * w, n);
  const base = u === 0n ? null : timesBase(crv, u);
  const sum = add(curve, base, times(curve, publicPoint(key), modulo(r * w, n)));
  return sum !== null && sum.x % n === r;
}

/* Null is the point at infinity. */
type Point = { readonly x: bigint; readonly y: bigint } | null;

function add({ p, a }: Curve, left: Point, right: Point): Point {
  if (left === null) return right;
  if (right === null) return left;
  if (left.x === right.x && modulo(left.y + right.y, p) === 0n) return null;
  const slope =
    left.x === right.x
      ? (3n * left.x * left.x + a) * inverse(2n * left.y, p)
      : (right.y - left.y) * inverse(right.x - left.x, p);
  const x = modulo(slope * slope - left.x - right.x, p);
  return { x, y: modulo(slope * (left.x - x) - left.y, p) };
}

function times(curve: Curve, point: Point, factor: bigint): Point {
  let sum: Point = null;
  for (const bit of factor.toString(2)) {
    sum = add(curve, sum, sum);
    if (bit === '1') sum = add(curve, sum, point);
  }
  return sum;
}

/* By OpenSSL: `factor` may be a secret. */
function timesBase(crv: string, factor: bigint): NonNullable<Point> {
  const { bytes } = curveOf(crv);
  const ecdh = createECDH(CURVES[crv] ?? crv);
  ecdh.setPrivateKey(toBytes(factor, bytes));
  const point = ecdh.getPublicKey();
  return { x: toNumber(point.subarray(1, 1 + bytes)), y: toNumber(point.subarray(1 + bytes)) };
}

function publicPoint(key: KeyObject): NonNullable<Point> {
  const { x = '', y = '' }: JsonWebKey = key.export({ format: 'jwk' });
  return { x: toNumber(Buffer.from(x, 'base64url')), y: toNumber(Buffer.from(y, 'base64url')) };
}

function leftmostBits(digest: Uint8Array, n: bigint): bigint {
  const surplus = digest.length * 8 - n.toString(2).length;
  return surplus > 0 ? toNumber(digest) >> BigInt(surplus) : toNumber(digest);
}

/* By the extended Euclidean algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next, s, t] = [modulo(value, modulus), modulus, 1n, 0n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [s, t] = [t, s - quotient * t];
  }
  return modulo(s, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function primeCurve(p: bigint, { n, bytes }: Pick<Curve, 'n' | 'bytes'>): Curve {
  return { p, a: p - 3n, n, bytes };
}

function curveOf(crv: string): Curve {
  const curve = PARAMETERS[crv];
  if (curve === undefined) throw new Error(`no curve ${crv}`);
  return curve;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}
