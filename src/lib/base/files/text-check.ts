// Checks on the fly that a stream is text: UTF-8 from end to end, and not empty.

import { isUtf8 } from 'node:buffer';

import { concatBytes } from '../bytes/arrays.js';
import { CleanroomError } from '../errors.js';
import type { ByteReader } from './byte-reader.js';

/** Is told of a text piece by piece. */
export interface TextCheck {
  /** @throws CleanroomError TEXT_NOT_UTF8 */
  add(bytes: Uint8Array): void;
  /** @throws CleanroomError TEXT_NOT_UTF8, if it ends within a character */
  end(): void;
}

/** A check of one text, which errors call `name`. */
export function createTextCheck(name: string): TextCheck {
  /* The beginning of a character whose rest comes with the next bytes. */
  let begun: Uint8Array = new Uint8Array(0);
  const require = (holds: boolean): void => {
    if (!holds) throw new CleanroomError('TEXT_NOT_UTF8', `${name} is not UTF-8 text`);
  };
  return {
    add: (bytes) => {
      const missing = begun.length === 0 ? 0 : characterLength(begun[0] ?? 0) - begun.length;
      const completed = concatBytes(begun, bytes.subarray(0, missing));
      if (bytes.length < missing) {
        begun = completed;
        return;
      }
      const end = bytes.length - incompleteTail(bytes.subarray(missing));
      require(isUtf8(completed) && isUtf8(bytes.subarray(missing, end)));
      begun = bytes.slice(end);
    },
    end: () => {
      require(begun.length === 0);
    },
  };
}

/**
 * Passes `reader` on; its end is reached only by text.
 *
 * @throws CleanroomError TEXT_NOT_UTF8, FILE_EMPTY, while it is read.
 */
export function checkText(name: string, reader: ByteReader): ByteReader {
  const check = createTextCheck(name);
  let total = 0;
  return {
    readInto: async (target) => {
      const filled = await reader.readInto(target);
      total += filled;
      check.add(target.subarray(0, filled));
      if (filled < target.length) {
        check.end();
        if (total === 0) throw new CleanroomError('FILE_EMPTY', `${name} holds no text`);
      }
      return filled;
    },
    cancel: () => reader.cancel(),
  };
}

/* RFC 3629 §3: length of a character by its first byte; 1 also for what cannot begin one. */
function characterLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end begin a character without ending it; the last three decide. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return characterLength(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}
