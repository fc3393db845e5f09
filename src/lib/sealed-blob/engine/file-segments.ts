// Segments of a text in a file to their places in another file, on the thread that calls: the work of file-seal-worker.ts.

import { type OpenDescriptor, readExactly, writeWhole } from '../../base/files/descriptor.js';
import { createTextCheck, incompleteTail } from '../../base/files/text-check.js';
import {
  SEGMENT_SIZE,
  segmentCount,
  segmentOffset,
  segmentTextOffset,
  segmentTextSize,
} from '../format/layout.js';
import { createPieceCollector } from './piece-memory.js';
import { sealSegment, type SegmentKey } from './segment-cipher.js';

/** What the threads do together. */
export interface FileWork {
  readonly text: OpenDescriptor & { readonly bytes: number };
  /** The payload begins at `start`; its header is not written here. */
  readonly sealed: OpenDescriptor & { readonly start: number };
  readonly key: SegmentKey;
  /** `WORK_CELLS` numbers that they share. */
  readonly cells: Int32Array;
}

/** Of `cells`: the next segment to take; how many are written; not 0 once all shall stop; not 0 once a word was seen. */
export const NEXT = 0;
export const WRITTEN = 1;
export const STOPPED = 2;
export const WORDS = 3;
export const WORK_CELLS = 4;

/**
 * Takes segments until none is left, or somebody stops the work. No other thread takes the same ones.
 *
 * @throws CleanroomError FILE_UNREADABLE, FILE_CHANGED, TEXT_BINARY, TEXT_NOT_UTF8, FILE_UNWRITABLE
 */
export function sealFileSegments({ text, sealed, key, cells }: FileWork): void {
  const buffer = new Uint8Array(SEGMENT_SIZE);
  const collect = createPieceCollector();
  const count = segmentCount(text.bytes);
  while (Atomics.load(cells, STOPPED) === 0) {
    const index = Atomics.add(cells, NEXT, 1);
    if (index >= count) return;
    const last = index === count - 1;
    const offset = segmentTextOffset(index);
    const data = buffer.subarray(0, last ? text.bytes - offset : segmentTextSize(index));
    readExactly(text, data, offset);
    if (requireText(text, { data, offset, last })) Atomics.store(cells, WORDS, 1);
    writeWhole(sealed, sealSegment(key, { index, last, data }), sealed.start + segmentOffset(index));
    Atomics.add(cells, WRITTEN, 1);
    collect();
  }
}

/* Each segment answers for the characters that end in it, the last one for all that begin in it too. Whether it has words. */
function requireText(
  text: OpenDescriptor,
  { data, offset, last }: { readonly data: Uint8Array; readonly offset: number; readonly last: boolean },
): boolean {
  const before = new Uint8Array(Math.min(3, offset));
  readExactly(text, before, offset - before.length);
  const begun = before.subarray(before.length - incompleteTail(before));
  const check = createTextCheck(text.path, offset - begun.length);
  check.add(begun);
  check.add(data);
  if (last) check.endCharacters();
  return check.hasWords();
}
