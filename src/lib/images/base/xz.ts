// .xz to bytes: LZMA2 without filters, which is what Debian's packages are compressed with (the .xz file format 1.2.1, and the
// LZMA decoder of the LZMA SDK's specification). Input is checked by its SHA-256 before, and the files that come out by the
// package's own list of digests after.

import { CleanroomError } from '../../base/errors.js';

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const LZMA2_FILTER = 0x21;

/**
 * Decompresses an .xz file of one or more blocks.
 *
 * @param maxBytes - more output than this is refused.
 * @throws CleanroomError LAYER_UNPACKABLE for another filter, a broken stream, or too much output
 */
export function decompressXz(input: Uint8Array, maxBytes: number): Uint8Array {
  if (MAGIC.some((byte, index) => input[index] !== byte)) throw broken('it is no .xz file');
  const checkSize = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][(input[7] ?? 0) & 15] ?? 0;
  const output = new Output(maxBytes);
  let at = 12;
  while (input[at] !== 0) {
    const headerSize = ((input[at] ?? 0) + 1) * 4;
    requireLzma2(input.subarray(at, at + headerSize));
    const decoder = new Lzma2(input, at + headerSize, output);
    at = decoder.decode();
    at += (4 - ((at - headerSize) % 4)) % 4;
    at += checkSize;
    if (at >= input.length) throw broken('it is cut short');
  }
  return output.bytes();
}

/* A block header: size, flags, optional sizes, then one filter. */
function requireLzma2(header: Uint8Array): void {
  const flags = header[1] ?? 0;
  let at = 2;
  const skipNumber = (): void => {
    while (((header[at++] ?? 0) & 0x80) !== 0);
  };
  if ((flags & 0x40) !== 0) skipNumber();
  if ((flags & 0x80) !== 0) skipNumber();
  if ((flags & 0x3f) !== 0 || header[at] !== LZMA2_FILTER) throw broken('it uses a filter other than LZMA2');
}

/** What has been decompressed: also the dictionary, as a block's dictionary is at most all of it. */
class Output {
  buffer = Buffer.allocUnsafe(1 << 22);
  length = 0;
  constructor(private readonly maxBytes: number) {}

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.maxBytes) throw broken(`it grows to more than ${this.maxBytes} bytes`);
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

const PROBABILITY_INIT = 1024;
const TOP = 1 << 24;

class Lzma2 {
  private decoder: LzmaDecoder | null = null;
  private dictionaryStart: number;

  constructor(
    private readonly input: Uint8Array,
    private at: number,
    private readonly output: Output,
  ) {
    this.dictionaryStart = output.length;
  }

  /** Decodes the chunks of one block. @returns where the input goes on. */
  decode(): number {
    for (;;) {
      const control = this.byte();
      if (control === 0) return this.at;
      if (control < 0x80) this.copyChunk(control);
      else this.lzmaChunk(control);
    }
  }

  private copyChunk(control: number): void {
    if (control > 2) throw broken('a chunk has an unknown kind');
    if (control === 1) this.dictionaryStart = this.output.length;
    const size = this.size16() + 1;
    this.output.reserve(size);
    if (this.at + size > this.input.length) throw broken('it is cut short');
    this.output.buffer.set(this.input.subarray(this.at, this.at + size), this.output.length);
    this.output.length += size;
    this.at += size;
  }

  private lzmaChunk(control: number): void {
    const reset = (control >> 5) & 3;
    const size = ((control & 0x1f) << 16) + this.size16() + 1;
    const packed = this.size16() + 1;
    if (reset === 3) this.dictionaryStart = this.output.length;
    if (reset >= 2) this.decoder = new LzmaDecoder(this.byte());
    else if (reset === 1) this.decoder?.reset();
    if (this.decoder === null || this.at + packed > this.input.length) throw broken('it is cut short');
    this.output.reserve(size);
    this.decoder.decode(
      this.input.subarray(this.at, this.at + packed),
      this.output,
      size,
      this.dictionaryStart,
    );
    this.at += packed;
  }

  private size16(): number {
    return (this.byte() << 8) + this.byte();
  }

  private byte(): number {
    const value = this.input[this.at];
    if (value === undefined) throw broken('it is cut short');
    this.at += 1;
    return value;
  }
}

/* Names as in the LZMA specification: lc, lp, pb; rep0 to rep3; state. */
class LzmaDecoder {
  private readonly lc: number;
  private readonly lpMask: number;
  private readonly pbMask: number;
  private state = 0;
  private reps = [0, 0, 0, 0];
  private literal: Uint16Array;
  private isMatch = probabilities(12 << 4);
  private isRep = probabilities(12);
  private isRepG0 = probabilities(12);
  private isRepG1 = probabilities(12);
  private isRepG2 = probabilities(12);
  private isRep0Long = probabilities(12 << 4);
  private positionSlot = probabilities(4 * 64);
  private positionSpecial = probabilities(128);
  private align = probabilities(16);
  private matchLength = new LengthDecoder();
  private repLength = new LengthDecoder();

  constructor(properties: number) {
    if (properties >= 225) throw broken('its LZMA properties are not possible');
    const lp = Math.floor(properties / 9) % 5;
    this.lc = properties % 9;
    if (this.lc + lp > 4) throw broken('its LZMA properties are not possible');
    this.lpMask = (1 << lp) - 1;
    this.pbMask = (1 << Math.floor(properties / 45)) - 1;
    this.literal = probabilities(0x300 << (this.lc + lp));
  }

  reset(): void {
    this.state = 0;
    this.reps = [0, 0, 0, 0];
    for (const table of [
      this.literal,
      this.isMatch,
      this.isRep,
      this.isRepG0,
      this.isRepG1,
      this.isRepG2,
      this.isRep0Long,
      this.positionSlot,
      this.positionSpecial,
      this.align,
    ])
      table.fill(PROBABILITY_INIT);
    this.matchLength = new LengthDecoder();
    this.repLength = new LengthDecoder();
  }

  /** Decodes one chunk of exactly `size` bytes into `output`, which has room for it. */
  decode(packed: Uint8Array, output: Output, size: number, dictionaryStart: number): void {
    const range = new RangeDecoder(packed);
    const end = output.length + size;
    while (output.length < end) {
      const position = output.length - dictionaryStart;
      const positionState = position & this.pbMask;
      if (range.bit(this.isMatch, (this.state << 4) + positionState) === 0) {
        this.decodeLiteral(range, output, position);
        continue;
      }
      const length = this.decodeMatch(range, output, positionState);
      if (length === 0) continue;
      this.copy(output, length, end, dictionaryStart);
    }
    if (output.length !== end) throw broken('a chunk is longer than its header states');
  }

  private decodeLiteral(range: RangeDecoder, output: Output, position: number): void {
    const { buffer } = output;
    const previous = position === 0 ? 0 : (buffer[output.length - 1] ?? 0);
    const base = 0x300 * (((position & this.lpMask) << this.lc) + (previous >> (8 - this.lc)));
    let symbol = 1;
    if (this.state >= 7) {
      let matched = buffer[output.length - (this.reps[0] ?? 0) - 1] ?? 0;
      do {
        const matchBit = (matched >> 7) & 1;
        matched <<= 1;
        const bit = range.bit(this.literal, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(this.literal, base + symbol);
    buffer[output.length] = symbol & 0xff;
    output.length += 1;
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
  }

  /** The length of the match that follows, its distance in reps[0]. */
  private decodeMatch(range: RangeDecoder, output: Output, positionState: number): number {
    if (range.bit(this.isRep, this.state) === 0) {
      const length = this.matchLength.decode(range, positionState);
      this.state = this.state < 7 ? 7 : 10;
      this.reps = [this.decodeDistance(range, length), ...this.reps.slice(0, 3)];
      return length;
    }
    const [rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0] = this.reps;
    if (range.bit(this.isRepG0, this.state) === 0) {
      if (range.bit(this.isRep0Long, (this.state << 4) + positionState) === 0) {
        this.state = this.state < 7 ? 9 : 11;
        return 1;
      }
    } else if (range.bit(this.isRepG1, this.state) === 0) this.reps = [rep1, rep0, rep2, rep3];
    else if (range.bit(this.isRepG2, this.state) === 0) this.reps = [rep2, rep0, rep1, rep3];
    else this.reps = [rep3, rep0, rep1, rep2];
    this.state = this.state < 7 ? 8 : 11;
    return this.repLength.decode(range, positionState);
  }

  private decodeDistance(range: RangeDecoder, length: number): number {
    const slot = range.tree(this.positionSlot, Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const direct = (slot >> 1) - 1;
    const distance = (2 | (slot & 1)) * 2 ** direct;
    if (slot < 14) return distance + range.reverseTree(this.positionSpecial, distance - slot, direct);
    return distance + range.direct(direct - 4) * 16 + range.reverseTree(this.align, 0, 4);
  }

  private copy(output: Output, length: number, end: number, dictionaryStart: number): void {
    const distance = (this.reps[0] ?? 0) + 1;
    if (output.length - distance < dictionaryStart || output.length + length > end)
      throw broken('a match leads out of what was decompressed');
    const { buffer } = output;
    for (let count = 0; count < length; count++) {
      buffer[output.length] = buffer[output.length - distance] ?? 0;
      output.length += 1;
    }
  }
}

class LengthDecoder {
  private readonly choice = probabilities(2);
  private readonly low = probabilities(16 << 3);
  private readonly mid = probabilities(16 << 3);
  private readonly high = probabilities(256);

  decode(range: RangeDecoder, positionState: number): number {
    if (range.bit(this.choice, 0) === 0) return 2 + range.tree(this.low, positionState << 3, 3);
    if (range.bit(this.choice, 1) === 0) return 10 + range.tree(this.mid, positionState << 3, 3);
    return 18 + range.tree(this.high, 0, 8);
  }
}

class RangeDecoder {
  private range = 0xffffffff;
  private code = 0;
  private at = 5;

  constructor(private readonly input: Uint8Array) {
    for (let index = 1; index < 5; index++) this.code = ((this.code << 8) | (input[index] ?? 0)) >>> 0;
  }

  bit(table: Uint16Array, index: number): 0 | 1 {
    const probability = table[index] ?? 0;
    const bound = (this.range >>> 11) * probability;
    if (this.code < bound) {
      table[index] = probability + ((2048 - probability) >> 5);
      this.range = bound;
      this.normalize();
      return 0;
    }
    table[index] = probability - (probability >> 5);
    this.range -= bound;
    this.code -= bound;
    this.normalize();
    return 1;
  }

  /** Bits with equal chances, highest first. */
  direct(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code -= this.range;
      value = value * 2 + bit;
      this.normalize();
    }
    return value;
  }

  tree(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let count = 0; count < bits; count++) symbol = (symbol << 1) | this.bit(table, base + symbol);
    return symbol - (1 << bits);
  }

  reverseTree(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let count = 0; count < bits; count++) {
      const bit = this.bit(table, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << count;
    }
    return value;
  }

  private normalize(): void {
    if (this.range >= TOP) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | (this.input[this.at] ?? 0)) >>> 0;
    this.at += 1;
  }
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(PROBABILITY_INIT);
}

function broken(problem: string): CleanroomError {
  return new CleanroomError('LAYER_UNPACKABLE', `a package's archive cannot be decompressed: ${problem}`);
}
