// A large file on its way to the disk while more of it is written, so that the sync at its end is short.

import type { FileHandle } from 'node:fs/promises';

const FLUSH_EVERY = 64 * 1024 * 1024;

/** Flushes one file, in the background. */
export interface EarlyFlush {
  /** So many bytes are written. */
  reached(bytes: number): void;
  /** No flush is under way any more. */
  settled(): Promise<void>;
}

/** One flush at a time; a failed one is not told: it shows at the final sync. */
export function createEarlyFlush(file: FileHandle): EarlyFlush {
  let flushing: Promise<void> | null = null;
  let next = 2 * FLUSH_EVERY;
  return {
    reached: (bytes) => {
      if (flushing !== null || bytes < next) return;
      next = bytes + FLUSH_EVERY;
      flushing = file
        .datasync()
        .catch(() => undefined)
        .finally(() => (flushing = null));
    },
    settled: async () => {
      await flushing;
    },
  };
}
