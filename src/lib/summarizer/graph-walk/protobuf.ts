// Protobuf's wire format, as much as a walk over a model needs: fields in order, read where they stand, nothing kept.
// Stricter than its own readers, so that no other reader sees in the same bytes what this one did not.

/** Bytes that are read by place: a file of gigabytes is never held whole. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `offset`, at least one and at most `length`; valid until the next call. */
  window(offset: number, length: number): Uint8Array;
}

/** A stretch of the source. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Field =
  | { readonly number: number; readonly wire: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly wire: 'bytes' | 'fixed'; readonly span: Span };

/** What is wrong with the bytes. */
export class WireError extends Error {}

/* Wire types; groups (3 and 4) have been out of use since before ONNX. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_FIELD_NUMBER = 2 ** 29 - 1;
const WINDOW = 1 << 16;

/**
 * The fields of one message, in order. Numbers and lengths must be written in their shortest form.
 *
 * @throws WireError for what is no message, or one that goes past its end; as Error, so that the caller says where
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* readFields(source: ByteSource, { from, to }: Span): Generator<Field> {
  const cursor = new Cursor(source, from, to);
  while (cursor.at < to) {
    const key = cursor.shortVarint();
    const number = Number(key >> 3n);
    if (number < 1 || number > MAX_FIELD_NUMBER) throw new WireError('a field has no valid number');
    const wire = Number(key & 7n);
    if (wire === VARINT) {
      yield { number, wire: 'varint', value: cursor.varint() };
    } else if (wire === BYTES) {
      yield { number, wire: 'bytes', span: cursor.skip(Number(cursor.shortVarint())) };
    } else if (wire === FIXED32 || wire === FIXED64) {
      yield { number, wire: 'fixed', span: cursor.skip(wire === FIXED32 ? 4 : 8) };
    } else {
      throw new WireError(`a field has the wire type ${wire}`);
    }
  }
}

/** The varints of a packed field. @throws WireError for one that is cut off, or more than `most` of them */
export function* readPacked(source: ByteSource, { from, to }: Span, most: number): Generator<bigint> {
  const cursor = new Cursor(source, from, to);
  for (let count = 0; cursor.at < to; count++) {
    if (count >= most) throw new WireError(`a list is longer than ${most}`);
    yield cursor.varint();
  }
}

/** The bytes of a short field, copied. @throws WireError for one longer than `most` */
export function readShort(source: ByteSource, { from, to }: Span, most: number): Uint8Array {
  if (to - from > most) throw new WireError(`a name is longer than ${most} bytes`);
  const bytes = new Uint8Array(to - from);
  for (let at = from; at < to;) {
    const part = source.window(at, to - at);
    bytes.set(part, at - from);
    at += part.length;
  }
  return bytes;
}

class Cursor {
  private window = new Uint8Array(0);
  private windowAt = 0;

  constructor(
    private readonly source: ByteSource,
    public at: number,
    private readonly to: number,
  ) {
    if (at < 0 || to > source.size || at > to) throw new WireError('a message goes past the end');
  }

  /** Up to 64 bits; the tenth byte holds but one. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value >= 1n << 64n) break;
        return value;
      }
    }
    throw new WireError('a number is longer than 64 bits');
  }

  shortVarint(): bigint {
    const from = this.at;
    const value = this.varint();
    if (this.at - from > 1 && value < 1n << BigInt(7 * (this.at - from - 1)))
      throw new WireError('a number is not in its shortest form');
    return value;
  }

  skip(length: number): Span {
    const span = { from: this.at, to: this.at + length };
    if (span.to > this.to) throw new WireError('a field goes past the end of its message');
    this.at = span.to;
    return span;
  }

  private byte(): number {
    if (this.at >= this.to) throw new WireError('a number is cut off');
    let place = this.at - this.windowAt;
    if (place >= this.window.length || place < 0) {
      this.window = this.source.window(this.at, Math.min(WINDOW, this.to - this.at)).slice();
      this.windowAt = this.at;
      place = 0;
    }
    this.at++;
    return this.window[place] ?? 0;
  }
}
