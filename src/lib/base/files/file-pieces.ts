// Pieces of a file with the MD5 of each, read in any order; for a large file on a thread of its own, so that hashing does
// not hold up who sends them. MD5 here finds damage on the way, it defends against nobody.

import { createHash } from 'node:crypto';

import { type AnsweringThread, startAnsweringThread } from './worker-thread.js';
import { type OpenDescriptor, readExactly } from './descriptor.js';

/* Less is done before a thread would have started, at a price that nobody notices. */
const WORTH_A_THREAD = 128 * 1024 * 1024;

/** A piece of a file, in memory that is used again. */
export interface FilePiece {
  readonly bytes: Buffer;
  readonly md5: Uint8Array;
}

/** What is asked: to fill `memory` from its beginning. The answer is the MD5 of the piece. */
export interface PieceRequest {
  readonly file: OpenDescriptor;
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

export interface FilePieces {
  /** @throws CleanroomError FILE_UNREADABLE, FILE_CHANGED where the file ends before */
  read(offset: number, length: number): Promise<FilePiece>;
  /** Gives back the memory of a piece that is not used any more. */
  give(piece: FilePiece): void;
  /** Ends the thread; the file stays the caller's to close, afterwards. */
  close(): Promise<void>;
}

/**
 * Pieces of an open file of `size` bytes. Their memory is shared with the thread, not handed to and fro: each time, the
 * collector would count it as new, and run over the whole heap.
 *
 * @param entry - what the thread runs; the compiled file-pieces-worker.js if absent. Tests that run from the sources give
 * another.
 */
export function createFilePieces(
  { fd, path, size }: OpenDescriptor & { readonly size: number },
  entry: URL = new URL('./file-pieces-worker.js', import.meta.url),
): FilePieces {
  const thread: AnsweringThread<PieceRequest, Uint8Array> | null =
    size < WORTH_A_THREAD ? null : startAnsweringThread(entry);
  const free: SharedArrayBuffer[] = [];
  const memoryOf = new WeakMap<FilePiece, SharedArrayBuffer>();
  const takeMemory = (length: number): SharedArrayBuffer => {
    const memory = free.pop();
    return memory !== undefined && memory.byteLength >= length ? memory : new SharedArrayBuffer(length);
  };
  return {
    read: async (offset, length) => {
      const memory = takeMemory(length);
      const request: PieceRequest = { file: { fd, path }, memory, offset, length };
      const md5 = thread === null ? readPiece(request) : await thread.ask(request, []);
      const piece: FilePiece = { bytes: Buffer.from(memory, 0, length), md5 };
      memoryOf.set(piece, memory);
      return piece;
    },
    give: (piece) => {
      const memory = memoryOf.get(piece);
      if (memory !== undefined) free.push(memory);
    },
    close: async () => {
      await thread?.close();
    },
  };
}

/** Does what is asked, on the thread that calls. @throws as FilePieces.read */
export function readPiece({ file, memory, offset, length }: PieceRequest): Uint8Array {
  const bytes = new Uint8Array(memory, 0, length);
  readExactly(file, bytes, offset);
  return new Uint8Array(createHash('md5').update(bytes).digest());
}
