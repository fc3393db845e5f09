// What a text is, in one place for whoever seals one and for the room that reads it: UTF-8 (RFC 3629) from end to end,
// no NUL, not mostly control characters, no document of another format, and at least one word. Told piece by piece, so that no text has to be held whole.

import { isUtf8 } from 'node:buffer';

import { concatBytes, decodeUtf8 } from '../bytes/arrays.js';
import { CleanroomError } from '../errors.js';
import type { ByteReader } from './byte-reader.js';
import { documentFormat, FORMAT_BYTES } from './document-formats.js';

/** How far a text is looked at for control characters: binary data shows early. */
export const TEXT_SAMPLE = 64 * 1024;
/* Of the sample. */
const MOST_CONTROLS = 1 / 20;

/** Is told of a text, or of one part of it, piece by piece. */
export interface TextCheck {
  /** @throws CleanroomError TEXT_BINARY, TEXT_NOT_UTF8 */
  add(bytes: Uint8Array): void;
  /** @throws CleanroomError TEXT_NOT_UTF8, if it ends within a character */
  endCharacters(): void;
  /** Whether anything but white space was told so far. */
  hasWords(): boolean;
  /** The end of a whole text. @throws CleanroomError TEXT_NOT_UTF8, TEXT_EMPTY */
  end(): void;
}

/**
 * A check of one text, which errors call `name`.
 *
 * @param startsAt - bytes of the text before the part that is told; at a character's beginning.
 */
export function createTextCheck(name: string, startsAt = 0): TextCheck {
  /* The beginning of a character whose rest comes with the next bytes. */
  let begun: Uint8Array = new Uint8Array(0);
  let words = false;
  const requireNoBinary = binaryCheck(name, startsAt);
  const take = (characters: Uint8Array): void => {
    if (!isUtf8(characters)) throw notUtf8(name);
    words ||= holdsWords(characters);
  };
  const endCharacters = (): void => {
    if (begun.length > 0) throw notUtf8(name);
  };
  return {
    add: (bytes) => {
      requireNoBinary(bytes);
      const missing = begun.length === 0 ? 0 : characterLength(begun[0] ?? 0) - begun.length;
      const completed = concatBytes(begun, bytes.subarray(0, missing));
      if (bytes.length < missing) {
        begun = completed;
        return;
      }
      const end = bytes.length - incompleteTail(bytes.subarray(missing));
      take(completed);
      take(bytes.subarray(missing, end));
      begun = bytes.slice(end);
    },
    endCharacters,
    hasWords: () => words,
    end: () => {
      endCharacters();
      if (!words) throw holdsNoWords(name);
    },
  };
}

/** The error for a text of white space alone, or of nothing. */
export function holdsNoWords(name: string): CleanroomError {
  return new CleanroomError('TEXT_EMPTY', `${name} contains no words`);
}

/**
 * Passes `reader` on; its end is reached only by text.
 *
 * @throws CleanroomError TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY, while it is read.
 */
export function checkText(name: string, reader: ByteReader): ByteReader {
  const check = createTextCheck(name);
  return {
    readInto: async (target) => {
      const filled = await reader.readInto(target);
      check.add(target.subarray(0, filled));
      if (filled < target.length) check.end();
      return filled;
    },
    cancel: () => reader.cancel(),
  };
}

function notUtf8(name: string): CleanroomError {
  return new CleanroomError('TEXT_NOT_UTF8', `${name} is not UTF-8 text`);
}

/*
 * NUL anywhere; other control characters by their share of the sample; UTF-16 by its byte order mark, and other formats by
 * their first bytes, for a better word.
 */
function binaryCheck(name: string, startsAt: number): (bytes: Uint8Array) => void {
  let at = startsAt;
  let controls = 0;
  let head: Uint8Array = new Uint8Array(0);
  return (bytes) => {
    if (at < FORMAT_BYTES) {
      head = concatBytes(head, bytes.subarray(0, FORMAT_BYTES - head.length));
      requirePlainText(name, head);
    }
    if (at === 0 && isUtf16(bytes))
      throw new CleanroomError('TEXT_NOT_UTF8', `${name} is UTF-16, not UTF-8`, {
        hint: 'Convert it first: iconv -f utf-16 -t utf-8 FILE',
      });
    const sample = bytes.subarray(0, Math.max(0, TEXT_SAMPLE - at));
    at += bytes.length;
    for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
    if (holdsNul(bytes) || controls > Math.min(at, TEXT_SAMPLE) * MOST_CONTROLS)
      throw new CleanroomError('TEXT_BINARY', `${name} is binary data, not text`);
  };
}

function requirePlainText(name: string, head: Uint8Array): void {
  const format = documentFormat(head);
  if (format === null) return;
  throw new CleanroomError('TEXT_BINARY', `${name} is ${format.name}, not plain text`, { hint: format.fix });
}

function isUtf16(bytes: Uint8Array): boolean {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  return mark === 0xfffe || mark === 0xfeff;
}

/* Buffer's search is some forty times as fast as that of Uint8Array. */
function holdsNul(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(0) !== -1;
}

/* First bytes of the white space that is not ASCII; U+FEFF is some to ECMAScript too. */
const WHITE_SPACE_LEADS: ReadonlySet<number> = new Set([0xc2, 0xe1, 0xe2, 0xe3, 0xef]);

/* Mostly told by the first bytes; only what may be white space is decoded. */
function holdsWords(characters: Uint8Array): boolean {
  for (const byte of characters) {
    const isWhiteSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
    if (byte < 0x80 ? !isWhiteSpace : byte >= 0xc0 && !WHITE_SPACE_LEADS.has(byte)) return true;
  }
  return /\S/.test(decodeUtf8(characters) ?? '');
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
