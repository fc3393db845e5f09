// DER contents to values: integers, object identifiers, strings, times, bit strings.

import { toHex } from '../../base/bytes/hex.js';
import { DerError, DerReader, type DerValue, TAG } from './reader.js';

/** INTEGER content as lower-case hex of its magnitude, without leading zero octets; negative numbers are refused. */
export function integerHex(content: Uint8Array): string {
  return toHex(integerBytes(content)) || '00';
}

/** INTEGER content as unsigned big-endian bytes without the sign octet (empty for zero). */
export function integerBytes(content: Uint8Array): Uint8Array {
  const [first, second] = content;
  if (first === undefined) throw new DerError('an empty INTEGER');
  if (first >= 0x80) throw new DerError('a negative INTEGER');
  if (first === 0 && second !== undefined && second < 0x80)
    throw new DerError('an INTEGER that is not minimal');
  return first === 0 ? content.subarray(1) : content;
}

/** A small non-negative INTEGER. @throws DerError past 2^32. */
export function smallInteger(content: Uint8Array): number {
  const bytes = integerBytes(content);
  if (bytes.length > 4) throw new DerError('an INTEGER that is too large');
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** OBJECT IDENTIFIER content in dotted form (X.690 §8.19). */
export function objectIdentifier(content: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  let fresh = true;
  for (const octet of content) {
    if (fresh && octet === 0x80) throw new DerError('an OID arc that is not minimal');
    value = value * 128 + (octet & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw new DerError('an OID arc that is too large');
    fresh = octet < 0x80;
    if (fresh) {
      arcs.push(value);
      value = 0;
    }
  }
  const [first] = arcs;
  if (first === undefined || !fresh) throw new DerError('an OID that is cut off');
  const root = first < 80 ? Math.floor(first / 40) : 2;
  return [root, first - 40 * root, ...arcs.slice(1)].join('.');
}

/** BOOLEAN content: 0x00 or 0xFF only (X.690 §11.1). */
export function boolean(content: Uint8Array): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a bad BOOLEAN');
  return content[0] === 0xff;
}

/** BIT STRING content with whole octets only, as keys and signatures are. */
export function octetAlignedBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new DerError('a BIT STRING with unused bits');
  return content.subarray(1);
}

/** The numbers of the bits that are set in a BIT STRING, bit 0 first (X.680 §22.2). */
export function namedBits(content: Uint8Array): ReadonlySet<number> {
  const unused = content[0];
  if (unused === undefined || unused > 7) throw new DerError('a bad BIT STRING');
  const bits = new Set<number>();
  content.subarray(1).forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.add(index * 8 + bit);
  });
  return bits;
}

/** Text of a directory string or IA5String. @throws DerError for another type or an impossible encoding. */
export function text(value: DerValue): string {
  switch (value.tag) {
    case TAG.utf8String:
      return decode('utf-8', value.content);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.teletexString:
      return latin1(value.content);
    case TAG.bmpString:
      return decode('utf-16be', value.content);
    default:
      throw new DerError(`tag 0x${value.tag.toString(16)} is no string`);
  }
}

/** ASCII (and Latin-1) octets as text. */
export function latin1(content: Uint8Array): string {
  return Array.from(content, (octet) => String.fromCharCode(octet)).join('');
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5: whole seconds, Z. */
export function time(value: DerValue): Date {
  const digits = latin1(value.content);
  const pattern =
    value.tag === TAG.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  const match = pattern.exec(digits);
  if (match === null || (value.tag !== TAG.utcTime && value.tag !== TAG.generalizedTime)) {
    throw new DerError('a time in another form than RFC 5280 allows');
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const century = value.tag === TAG.utcTime ? (year < 50 ? 2000 : 1900) : 0;
  const date = new Date(Date.UTC(century + year, month - 1, day, hour, minute, second));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw new DerError('a date that does not exist');
  return date;
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) as R || S, each `size` bytes: the form of IEEE P1363 and WebCrypto. */
export function ecdsaSignature(der: Uint8Array, size: number): Uint8Array {
  const outer = new DerReader(der);
  const sequence = outer.enter();
  outer.end();
  const joined = new Uint8Array(2 * size);
  for (const half of [1, 2]) {
    const number = integerBytes(sequence.next(TAG.integer).content);
    if (number.length > size) throw new DerError('an ECDSA number longer than the curve');
    joined.set(number, half * size - number.length);
  }
  sequence.end();
  return joined;
}

function decode(encoding: string, content: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new DerError(`not ${encoding}`, { cause });
  }
}
