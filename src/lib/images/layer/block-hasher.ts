// Hashing of image blocks: in this thread at first, in a worker once the image turns out to be large.

import { Worker } from 'node:worker_threads';

import { BLOCK_SIZE } from './constants.js';
import { DIGEST_SIZE, digestSalted, SALT_SIZE, SALTED_SIZE } from './verity-tree.js';

/** Blocks of a slab. */
export const SLAB_BLOCKS = 256;

const DIGESTS_AT = SLAB_BLOCKS * SALTED_SIZE;
const SLAB_SIZE = DIGESTS_AT + SLAB_BLOCKS * DIGEST_SIZE;
/* Slabs, of 1 MiB, hashed in this thread before a worker pays for its start (35 ms, 14 MB) and for slower, shared memory. */
const SLABS_BEFORE_WORKER = 128;
/* Slabs that may wait for the worker, each a little over 1 MiB: more would cost memory and win nothing. */
const MAX_PENDING = 4;

/** A run of blocks, each behind its salt so that it is hashed where it stands. */
export class Slab {
  private readonly bytes: Buffer;
  /** Its number with the worker, which is given the memory once; null before that. */
  id: number | null = null;
  /** Number of the first block in the image. */
  firstBlock = 0;
  /** Blocks that are complete. */
  count = 0;
  /* Views are made once: there are as many blocks as a layer has, and each would be garbage. */
  private readonly salted: readonly Uint8Array[];
  private readonly blocks: readonly Buffer[];

  constructor(readonly memory: ArrayBuffer | SharedArrayBuffer) {
    this.bytes = Buffer.from(memory);
    const starts = Array.from({ length: SLAB_BLOCKS }, (_, index) => index * SALTED_SIZE);
    this.salted = starts.map((at) => new Uint8Array(memory, at, SALTED_SIZE));
    this.blocks = starts.map((at) => Buffer.from(memory, at + SALT_SIZE, BLOCK_SIZE));
  }

  /** The bytes of block `index` of the slab: a view. */
  block(index: number): Buffer {
    return this.blocks[index] as Buffer;
  }

  /** Hashes the blocks in this thread. */
  digest(): void {
    const digests = this.digests();
    for (let i = 0; i < this.count; i++) digestSalted(this.salted[i] as Uint8Array, digests, i * DIGEST_SIZE);
  }

  digests(): Buffer {
    return this.bytes.subarray(DIGESTS_AT, DIGESTS_AT + this.count * DIGEST_SIZE);
  }
}

/* A string, because a worker file would be found differently from the build, from sources and from a bundle. */
const WORKER = `
const { hash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
const slabs = [];
parentPort.on('message', ({ id, memory, count }) => {
  if (memory !== null) slabs[id] = viewsOf(Buffer.from(memory));
  const { bytes, salted } = slabs[id];
  for (let i = 0; i < count; i++)
    bytes.write(hash('sha256', salted[i], 'binary'), ${DIGESTS_AT} + i * ${DIGEST_SIZE}, ${DIGEST_SIZE}, 'latin1');
  parentPort.postMessage(null);
});
function viewsOf(bytes) {
  const salted = [];
  for (let at = 0; at < ${DIGESTS_AT}; at += ${SALTED_SIZE}) salted.push(bytes.subarray(at, at + ${SALTED_SIZE}));
  return { bytes, salted };
}`;

/** Hashes slabs in the order they come and hands each one's digests to `onHashed`. */
export class BlockHasher {
  private readonly free: Slab[] = [];
  private readonly pending: Slab[] = [];
  private worker: Worker | null = null;
  private submitted = 0;
  private shared = 0;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(private readonly onHashed: (slab: Slab) => void) {}

  /** An empty slab; its blocks hold what was in them before. */
  take(): Slab {
    const free = this.free.pop();
    if (free !== undefined) return free;
    const isLarge = this.submitted >= SLABS_BEFORE_WORKER;
    return new Slab(isLarge ? new SharedArrayBuffer(SLAB_SIZE) : new ArrayBuffer(SLAB_SIZE));
  }

  submit(slab: Slab): void {
    this.submitted += 1;
    if (slab.memory instanceof SharedArrayBuffer) {
      this.pending.push(slab);
      this.hand(slab, this.startedWorker());
      return;
    }
    slab.digest();
    this.release(slab);
  }

  /** Waits while too many slabs are with the worker. */
  async drain(): Promise<void> {
    await this.waitFor(MAX_PENDING);
  }

  /** Waits for every slab. */
  async finish(): Promise<void> {
    await this.waitFor(0);
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private async waitFor(limit: number): Promise<void> {
    while (this.pending.length > limit || this.failure !== null) {
      if (this.failure !== null) throw this.failure;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private hand(slab: Slab, worker: Worker): void {
    const memory = slab.id === null ? slab.memory : null;
    slab.id ??= this.shared++;
    worker.postMessage({ id: slab.id, memory, count: slab.count });
  }

  private startedWorker(): Worker {
    if (this.worker === null) {
      this.worker = new Worker(WORKER, { eval: true, execArgv: [] });
      this.worker.on('message', () => {
        const slab = this.pending.shift();
        if (slab !== undefined) this.release(slab);
        this.wake?.();
      });
      this.worker.on('error', (error: Error) => {
        this.failure = error;
        this.wake?.();
      });
    }
    return this.worker;
  }

  private release(slab: Slab): void {
    this.onHashed(slab);
    slab.count = 0;
    /* What cannot be shared is of no use to a large image. */
    if (slab.memory instanceof SharedArrayBuffer || this.submitted < SLABS_BEFORE_WORKER)
      this.free.push(slab);
  }
}
