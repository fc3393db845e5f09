// An open file by its descriptor, as every thread of the process knows it; read and written at places, synchronously.

import { readSync, writeSync } from 'node:fs';

import { CleanroomError } from '../errors.js';
import { fileError } from './read-bounded.js';
import { unwritable } from './replace-file.js';

/** `path` is for errors. */
export interface OpenDescriptor {
  readonly fd: number;
  readonly path: string;
}

/** The error of a file that is not any more what it was when it was looked at. */
export function fileChanged(path: string): CleanroomError {
  return new CleanroomError('FILE_CHANGED', `${path} changed while it was read`);
}

/** Fills `target` from `position`. @throws CleanroomError FILE_UNREADABLE; FILE_CHANGED where the file ends before */
export function readExactly({ fd, path }: OpenDescriptor, target: Uint8Array, position: number): void {
  for (let filled = 0; filled < target.length;) {
    const read = attempt(
      () => readSync(fd, target, filled, target.length - filled, position + filled),
      (cause) => fileError(path, cause),
    );
    if (read === 0) throw fileChanged(path);
    filled += read;
  }
}

/** Writes all of `bytes` at `position`. @throws CleanroomError FILE_UNWRITABLE */
export function writeWhole({ fd, path }: OpenDescriptor, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += attempt(
      () => writeSync(fd, bytes, done, bytes.length - done, position + done),
      (cause) => unwritable(path, cause),
    );
  }
}

function attempt<T>(work: () => T, asError: (cause: unknown) => Error): T {
  try {
    return work();
  } catch (cause) {
    throw asError(cause);
  }
}
