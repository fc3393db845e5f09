// A sparse file's stored data, put back between its holes.

import type { SparseRegion } from './sparse.js';

interface SparseOutput {
  data(bytes: Uint8Array): void;
  zeros(count: number): void;
}

/** Writes `size` bytes to `output`: what is pushed, at the places of `regions`, and zeros elsewhere. */
export class SparseExpander {
  private position = 0;
  private index = 0;

  constructor(
    private readonly regions: readonly SparseRegion[],
    private readonly size: number,
    private readonly output: SparseOutput,
  ) {}

  /** Together the pushed bytes are exactly those of the regions. */
  write(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const region = this.regions[this.index];
      if (region === undefined) return;
      this.fillTo(region.offset);
      const part = rest.subarray(0, region.offset + region.length - this.position);
      if (part.length > 0) this.output.data(part);
      this.position += part.length;
      rest = rest.subarray(part.length);
      if (this.position === region.offset + region.length) this.index += 1;
    }
  }

  end(): void {
    this.fillTo(this.size);
  }

  private fillTo(offset: number): void {
    if (offset > this.position) {
      this.output.zeros(offset - this.position);
      this.position = offset;
    }
  }
}
