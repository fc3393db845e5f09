// The parts of a run, by their places, in as few bytes as they have: as objects, those of many documents would be most of what a room
// holds. The other thread is given the bytes as they are, not a copy.

import type { MadePart } from './part.js';

/* Of memory that is taken at a time, unless one part is longer. */
const CHUNK_BYTES = 256 * 1024;
/* UTF-16 to UTF-8, at most. */
const BYTES_PER_UNIT = 3;
/* Numbers of an index entry: chunk (from 1; 0 is no part), first byte, byte after the last. */
const ENTRY = 3;

const BYTES = new TextEncoder();
const TEXT = new TextDecoder();

/** A set of parts, as the other thread gets it. */
export interface PackedParts {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly index: Uint32Array<ArrayBuffer>;
}

export class PartSet {
  private readonly chunks: Uint8Array<ArrayBuffer>[];
  private readonly index: Uint32Array<ArrayBuffer>;
  private used = 0;
  private count = 0;

  /** An empty set of the parts of a run of `total` documents, or one that was packed. */
  constructor(of: number | PackedParts) {
    if (typeof of === 'number') {
      this.chunks = [];
      this.index = new Uint32Array(of * ENTRY);
      return;
    }
    this.chunks = [...of.chunks];
    this.index = of.index;
    for (let place = 0; place < this.total; place++) if (this.has(place)) this.count++;
    this.used = this.chunks.at(-1)?.length ?? 0;
  }

  /** Documents of the run. */
  get total(): number {
    return this.index.length / ENTRY;
  }

  /** Parts that are here. */
  get size(): number {
    return this.count;
  }

  has(place: number): boolean {
    return (this.index[place * ENTRY] ?? 0) !== 0;
  }

  /** Null where there is none. */
  get(place: number): MadePart | null {
    const at = place * ENTRY;
    const bytes = this.chunks[(this.index[at] ?? 0) - 1]?.subarray(this.index[at + 1], this.index[at + 2]);
    return bytes === undefined ? null : (JSON.parse(TEXT.decode(bytes)) as MadePart);
  }

  /** Puts a part in its place, over one that is there. A place outside the run has none. */
  set(place: number, part: MadePart): void {
    if (place < 0 || place >= this.total) return;
    const text = JSON.stringify(part);
    const chunk = this.chunkFor(text.length * BYTES_PER_UNIT);
    const { written } = BYTES.encodeInto(text, chunk.subarray(this.used));
    if (!this.has(place)) this.count++;
    this.index.set([this.chunks.length, this.used, this.used + written], place * ENTRY);
    this.used += written;
  }

  /** The set for another thread, and the memory to transfer: afterwards nothing is here. */
  pack(): { readonly packed: PackedParts; readonly memory: ArrayBuffer[] } {
    const packed = { chunks: this.chunks, index: this.index };
    return { packed, memory: [...this.chunks.map(({ buffer }) => buffer), this.index.buffer] };
  }

  private chunkFor(bytes: number): Uint8Array {
    const last = this.chunks.at(-1);
    if (last !== undefined && last.length - this.used >= bytes) return last;
    const chunk = new Uint8Array(Math.max(CHUNK_BYTES, bytes));
    this.chunks.push(chunk);
    this.used = 0;
    return chunk;
  }
}
