// An ext4 image in memory, for images of a few MiB.

import { BLOCK_SIZE } from '../../src/lib/images/layer/constants.js';
import type { ImageOutput } from '../../src/lib/images/layer/block-stream.js';

export class MemoryImage implements ImageOutput {
  private readonly blocks = new Map<number, Uint8Array>();

  write(firstBlock: number, blocks: readonly Uint8Array[]): void {
    blocks.forEach((block, index) => this.blocks.set(firstBlock + index, Buffer.from(block)));
  }

  bytes(size: number): Buffer {
    const image = Buffer.alloc(size);
    for (const [block, content] of this.blocks) image.set(content, block * BLOCK_SIZE);
    return image;
  }
}
