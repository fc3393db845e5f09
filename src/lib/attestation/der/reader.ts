// DER, strictly: the part of X.690 that certificates use. One encoding a value, or an error.

/** Why bytes are not DER. Caught where a certificate is parsed; never leaves this domain. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Tag octets that certificates use (X.690 §8.1.2, with class and constructed bits). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag octet of a context-specific value: `[number]`, constructed (explicit or structured). */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** The tag octet of a context-specific primitive value: `[number] IMPLICIT`. */
export function primitiveContextTag(number: number): number {
  return 0x80 | number;
}

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
}

/** Reads values one after another; `end` demands that nothing is left. */
export class DerReader {
  private offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  /** The next value. @throws DerError where it is not well formed, or not of `tag` where one is given. */
  next(tag?: number): DerValue {
    const start = this.offset;
    const found = this.octet();
    if ((found & 0x1f) === 0x1f) throw new DerError('a multi-octet tag');
    if (tag !== undefined && found !== tag) {
      throw new DerError(`tag 0x${found.toString(16)} where 0x${tag.toString(16)} is due`);
    }
    const length = this.length();
    const begin = this.offset;
    if (length > this.bytes.length - begin) throw new DerError('a length past the end');
    this.offset = begin + length;
    return {
      tag: found,
      content: this.bytes.subarray(begin, this.offset),
      raw: this.bytes.subarray(start, this.offset),
    };
  }

  /** The next value if it has `tag`; undefined otherwise, and nothing is read. */
  optional(tag: number): DerValue | undefined {
    return this.bytes[this.offset] === tag ? this.next(tag) : undefined;
  }

  /** A reader of the content of the next SEQUENCE (or of `tag`). */
  enter(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.next(tag).content);
  }

  end(): void {
    if (!this.done) throw new DerError('bytes after the last value');
  }

  private octet(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw new DerError('the end comes too early');
    this.offset += 1;
    return value;
  }

  /* X.690 §10.1: definite form, fewest octets. */
  private length(): number {
    const first = this.octet();
    if (first < 0x80) return first;
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new DerError('an indefinite or oversized length');
    let length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + this.octet();
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new DerError('a length that is not minimal');
    return length;
  }
}

/** The one value that `bytes` hold. @throws DerError if there is none, more than one, or another tag. */
export function readSingle(bytes: Uint8Array, tag: number): DerValue {
  const reader = new DerReader(bytes);
  const value = reader.next(tag);
  reader.end();
  return value;
}
