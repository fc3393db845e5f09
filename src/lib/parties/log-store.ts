// Where a transparency log is kept: a file, or a blob; each with its latest signed tree head beside it.

import { type FileHandle, open } from 'node:fs/promises';

import { decodeUtf8, equalBytes, utf8 } from '../base/bytes/arrays.js';
import { MAX_LOG_BYTES } from '../evidence/transparency-log.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { BlobStore } from '../ports/ports.js';

const MAX_HEAD_BYTES = 16 * 1024;
const MAX_TRIES = 50;
export const HEAD_SUFFIX = '.head.jws';

export interface LogStore {
  readonly name: string;
  /** The whole log; empty where there is none yet. */
  readLog(): Promise<string>;
  /** The latest signed tree head; null where there is none. */
  readHead(): Promise<string | null>;
  /** Appends whole lines at the end, after whatever others appended meanwhile. */
  append(lines: string): Promise<void>;
  /** Takes away the half entry `tail`, with which the log ends, that a writer left behind which was broken off. */
  dropTail(tail: string): Promise<void>;
  writeHead(jws: string): Promise<void>;
}

/** A log in a file. Lines go in by one write in append mode, which the kernel does not interleave with another's. */
export function openLogFile(path: string): LogStore {
  const headPath = `${path}${HEAD_SUFFIX}`;
  return {
    name: path,
    readLog: async () => (await orNull(readTextBounded(path, MAX_LOG_BYTES))) ?? '',
    readHead: () => orNull(readTextBounded(headPath, MAX_HEAD_BYTES)),
    append: (lines) => appendDurably(path, lines),
    dropTail: (tail) =>
      onLog(path, async (file) => {
        await cutTail(file, utf8(tail));
        await file.sync();
      }),
    writeHead: (jws) => writeFileAtomic(headPath, `${jws}\n`),
  };
}

/** A log in a blob: read, extended, and written only if nobody wrote meanwhile (If-Match). */
export function openLogBlob(blobs: BlobStore, blob: ContractBlob): LogStore {
  const headBlob = { ...blob, name: `${blob.name}${HEAD_SUFFIX}` };
  const read = async (which: ContractBlob, max: number): Promise<{ text: string; etag: string } | null> => {
    const stored = await blobs.read(which, max);
    if (stored === null) return null;
    const text = decodeUtf8(stored.bytes);
    if (text === null) throw new CleanroomError('LOG_MALFORMED', `${which.name} is not UTF-8`);
    return { text, etag: stored.etag };
  };
  return {
    name: `${blob.account}/${blob.container}/${blob.name}`,
    readLog: async () => (await read(blob, MAX_LOG_BYTES))?.text ?? '',
    readHead: async () => (await read(headBlob, MAX_HEAD_BYTES))?.text ?? null,
    append: async (lines) => {
      await blobs.ensureContainer(blob);
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const stored = await read(blob, MAX_LOG_BYTES);
        const condition = stored === null ? 'create' : { etag: stored.etag };
        if ((await blobs.write(blob, utf8(`${stored?.text ?? ''}${lines}`), condition)) !== null) return;
      }
      throw new CleanroomError('LOG_BUSY', `${blob.name} changed at each of ${MAX_TRIES} tries`);
    },
    // A blob is written whole.
    dropTail: () =>
      Promise.reject(new CleanroomError('LOG_MALFORMED', `${blob.name} ends with half an entry`)),
    writeHead: async (jws) => {
      await blobs.write(headBlob, utf8(`${jws}\n`), 'replace');
    },
  };
}

function appendDurably(path: string, lines: string): Promise<void> {
  return onLog(path, async (file) => {
    const bytes = utf8(lines);
    const { bytesWritten } = await file.write(bytes);
    try {
      if (bytesWritten !== bytes.length) throw new Error('there is no space for a whole entry');
      await file.sync();
    } catch (cause) {
      await cutTail(file, bytes.subarray(0, bytesWritten));
      throw cause;
    }
  });
}

async function onLog(path: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    const file = await open(path, 'a+', 0o644);
    try {
      await work(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CleanroomError('FILE_UNWRITABLE', `${path} cannot be written: ${describeCause(cause)}`, {
      cause,
    });
  }
}

/* Only if the file still ends with it: another process may have appended since. */
async function cutTail(file: FileHandle, tail: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  const at = size - tail.length;
  if (at < 0) return;
  const end = new Uint8Array(tail.length);
  await file.read(end, 0, end.length, at);
  if (equalBytes(end, tail)) await file.truncate(at);
}

async function orNull(read: Promise<string>): Promise<string | null> {
  try {
    return await read;
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
}
