// The image as it is written: forwards, block by block, into the hash tree and, if wanted, a file. Nothing of it is kept.

import { CleanroomError } from '../../base/errors.js';
import { BlockHasher, type Slab, SLAB_BLOCKS } from './block-hasher.js';
import { BLOCK_SIZE, FIRST_DATA_BLOCK, MAX_IMAGE_BYTES } from './constants.js';
import { DIGEST_SIZE, digestSalted, SALT_SIZE, SALTED_SIZE, VerityTree } from './verity-tree.js';

/** Receives the image, if somebody wants to look at it; blocks come once each, not in order. Unwritten ones are zero. */
export interface ImageOutput {
  write(firstBlock: number, blocks: readonly Uint8Array[]): void;
}

export class BlockStream {
  private readonly tree = new VerityTree();
  private readonly hasher: BlockHasher;
  private readonly late = new Map<number, Buffer>();
  private slab: Slab;
  private partial = 0;
  private nextBlock = FIRST_DATA_BLOCK;

  constructor(private readonly output: ImageOutput | null) {
    this.hasher = new BlockHasher((slab) => this.tree.setLeaves(slab.firstBlock, slab.digests()));
    this.slab = this.hasher.take();
    this.slab.firstBlock = this.nextBlock;
    this.tree.pin(0);
  }

  /** Number of the next block to be begun; only meaningful between blocks. */
  get block(): number {
    return this.nextBlock;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const target = this.slab.block(this.slab.count);
      const taken = Math.min(bytes.length - from, BLOCK_SIZE - this.partial);
      target.set(bytes.subarray(from, from + taken), this.partial);
      from += taken;
      this.advance(taken);
    }
  }

  writeZeros(count: number): void {
    const head = Math.min(count, (BLOCK_SIZE - this.partial) % BLOCK_SIZE);
    this.fill(head);
    const blocks = Math.floor((count - head) / BLOCK_SIZE);
    if (blocks > 0) this.skipZeroBlocks(blocks);
    this.fill(count - head - blocks * BLOCK_SIZE);
  }

  /** Fills the current block up with zeros. */
  pad(): void {
    this.fill((BLOCK_SIZE - this.partial) % BLOCK_SIZE);
  }

  /** Says that a block, written or about to be, may be written again with `rewrite`. */
  expectRewrite(block: number): void {
    this.tree.pin(block);
  }

  /** Gives a block its final content: the superblock and descriptors, or a block announced by `expectRewrite`. */
  rewrite(block: number, content: Buffer): void {
    this.late.set(block, content);
  }

  /** Waits until few enough blocks are unhashed; called between pieces of input. */
  async drain(): Promise<void> {
    await this.hasher.drain();
  }

  /** Hashes what is left. @returns the dm-verity root hash, 32 bytes. */
  async finish(): Promise<Buffer> {
    this.flush();
    await this.hasher.finish();
    for (const [block, content] of this.late) {
      const salted = Buffer.alloc(SALTED_SIZE);
      content.copy(salted, SALT_SIZE);
      const digest = Buffer.alloc(DIGEST_SIZE);
      digestSalted(salted, digest, 0);
      this.tree.setLeaves(block, digest);
      this.output?.write(block, [content]);
    }
    return this.tree.root();
  }

  async close(): Promise<void> {
    await this.hasher.close();
  }

  private fill(count: number): void {
    if (count === 0) return;
    this.slab.block(this.slab.count).fill(0, this.partial, this.partial + count);
    this.advance(count);
  }

  private advance(count: number): void {
    this.partial += count;
    if (this.partial < BLOCK_SIZE) return;
    this.partial = 0;
    this.countBlocks(1);
    this.slab.count += 1;
    if (this.slab.count === SLAB_BLOCKS) this.flush();
  }

  private skipZeroBlocks(blocks: number): void {
    this.countBlocks(blocks);
    this.flush();
    this.tree.setZeroLeaves(this.nextBlock - blocks, blocks);
  }

  private countBlocks(blocks: number): void {
    this.nextBlock += blocks;
    if (this.nextBlock * BLOCK_SIZE > MAX_IMAGE_BYTES)
      throw new CleanroomError('LAYER_REFUSED', 'the layer needs an image of more than 128 GiB');
  }

  private flush(): void {
    if (this.slab.count > 0) {
      this.output?.write(
        this.slab.firstBlock,
        Array.from({ length: this.slab.count }, (_, index) => this.slab.block(index)),
      );
      this.hasher.submit(this.slab);
      this.slab = this.hasher.take();
    }
    this.slab.firstBlock = this.nextBlock;
  }
}
