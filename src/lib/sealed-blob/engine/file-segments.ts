// Segments between files, each read, worked on and written at its own place, on the thread that calls: what the threads of
// file-engine.ts do.

import { createHash } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import { type OpenDescriptor, readExactly, writeWhole } from '../../base/files/descriptor.js';
import { type FilePortion, type FileSeries, openSeries } from '../../base/files/file-series.js';
import { createTextCheck, incompleteTail, TEXT_SAMPLE } from '../../base/files/text-check.js';
import {
  SEGMENT_SIZE,
  sealedSegmentSize,
  segmentOffset,
  segmentTextOffset,
  segmentTextSize,
} from '../format/layout.js';
import { createPieceCollector } from './piece-memory.js';
import { openSegment, sealSegment, type SegmentKey } from './segment-cipher.js';

/** What all threads of one work see. */
export interface SharedWork {
  /** `WORK_CELLS` numbers. */
  readonly cells: Int32Array;
  /** A byte for each segment of the payload: 1 once it is written. */
  readonly done: Uint8Array;
}

/** From files to a sealed blob whose payload begins at `start`; what stands before the segments is not written here. */
export interface SealWork extends SharedWork {
  readonly operation: 'seal';
  readonly text: FileSeries;
  /** A byte for each file that must be text: 1 once a word was seen in it. Null where the files may be anything. */
  readonly words: Uint8Array | null;
  readonly sealed: OpenDescriptor & { readonly start: number };
  readonly key: SegmentKey;
}

/** From a sealed blob whose payload begins at `start` to its plaintext. */
export interface OpenWork extends SharedWork {
  readonly operation: 'open';
  readonly sealed: FileSeries;
  readonly start: number;
  readonly text: OpenDescriptor;
  readonly key: SegmentKey;
}

/** SHA-256 of a payload of `bytes` bytes while others write it. */
export interface DigestWork extends SharedWork {
  readonly operation: 'digest';
  readonly sealed: OpenDescriptor & { readonly start: number; readonly bytes: number };
}

export type FileWork = SealWork | OpenWork | DigestWork;

/** Of `cells`: the next segment to take; how many are written; not 0 once all shall stop. */
export const NEXT = 0;
export const WRITTEN = 1;
export const STOPPED = 2;
export const WORK_CELLS = 3;

/* A thread that waits looks again so often, whether it was woken or not. */
const WAIT_MS = 100;

/**
 * Takes segments until none is left, or somebody stops the work. No other thread takes the same ones.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CHANGED, TEXT_BINARY, TEXT_NOT_UTF8, FILE_UNWRITABLE
 */
export function sealFileSegments({ text, words, sealed, key, ...shared }: SealWork): void {
  const buffer = new Uint8Array(SEGMENT_SIZE);
  const source = openSeries(text);
  const check = (portion: FilePortion): void => {
    if (words !== null && requireText(portion)) Atomics.store(words, portion.file, 1);
  };
  try {
    takeSegments(shared, (index, last) => {
      const offset = segmentTextOffset(index);
      const data = buffer.subarray(0, last ? text.bytes - offset : segmentTextSize(index));
      source.read(data, offset, check);
      writeWhole(sealed, sealSegment(key, { index, last, data }), sealed.start + segmentOffset(index));
    });
  } finally {
    source.close();
  }
}

/**
 * As sealFileSegments, the other way; of a bad segment nothing is written.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CHANGED, FILE_UNWRITABLE
 */
export function openFileSegments({ sealed, start, text, key, ...shared }: OpenWork): void {
  const buffer = new Uint8Array(SEGMENT_SIZE);
  const source = openSeries(sealed);
  try {
    takeSegments(shared, (index, last) => {
      const offset = start + segmentOffset(index);
      const data = buffer.subarray(0, last ? sealed.bytes - offset : sealedSegmentSize(index));
      source.read(data, offset, () => undefined);
      writeWhole(text, openSegment(key, { index, last, data }), segmentTextOffset(index));
    });
  } finally {
    source.close();
  }
}

/** Follows those who write the payload, from its front to its end; null where the work was stopped. @throws as readExactly */
export function digestPayload({ sealed, cells, done }: DigestWork): Sha256Hex | null {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(SEGMENT_SIZE);
  const add = (from: number, to: number): void => {
    const data = buffer.subarray(0, to - from);
    readExactly(sealed, data, sealed.start + from);
    hash.update(data);
  };
  add(0, segmentOffset(0));
  for (let index = 0; index < done.length; index++) {
    for (let seen = Atomics.load(cells, WRITTEN); Atomics.load(done, index) === 0;) {
      if (Atomics.load(cells, STOPPED) !== 0) return null;
      Atomics.wait(cells, WRITTEN, seen, WAIT_MS);
      seen = Atomics.load(cells, WRITTEN);
    }
    add(segmentOffset(index), index === done.length - 1 ? sealed.bytes : segmentOffset(index + 1));
  }
  return hash.digest('hex') as Sha256Hex;
}

function takeSegments({ cells, done }: SharedWork, work: (index: number, last: boolean) => void): void {
  const collect = createPieceCollector();
  while (Atomics.load(cells, STOPPED) === 0) {
    const index = Atomics.add(cells, NEXT, 1);
    if (index >= done.length) return;
    work(index, index === done.length - 1);
    Atomics.store(done, index, 1);
    Atomics.add(cells, WRITTEN, 1);
    Atomics.notify(cells, WRITTEN);
    collect();
  }
}

/*
 * Each portion answers for the characters that end in it, the last of a file for all that begin in it too; and the one that
 * reaches the end of the file's sample, for the sample. Whether it has words.
 */
function requireText({ source, data, offset, last }: FilePortion): boolean {
  const inSample = offset < TEXT_SAMPLE;
  const before = new Uint8Array(inSample ? offset : 3);
  readExactly(source, before, offset - before.length);
  const told = last || offset + data.length >= TEXT_SAMPLE;
  const check = createTextCheck(source.path, inSample && told ? 0 : TEXT_SAMPLE);
  if (inSample && offset > 0) check.add(concatBytes(before, data));
  else {
    check.add(before.subarray(before.length - incompleteTail(before)));
    check.add(data);
  }
  if (last) check.endCharacters();
  return check.hasWords();
}
