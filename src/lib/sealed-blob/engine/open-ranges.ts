// Opening parts of a blob: the segments that hold them are read, checked and opened, and no others. Where they stand follows from
// the length of the payload, which whoever reads by range must have from the owner, not from the place where the blob lies.

import type { SealedHeader } from '../format/header.js';
import {
  PAYLOAD_HEADER_SIZE,
  payloadShape,
  sealedSegmentSize,
  segmentAt,
  segmentOffset,
  segmentTextOffset,
} from '../format/layout.js';
import { sealedBlobRejected } from '../format/rejected.js';
import { findDataKey, type IdentitySource } from './open.js';
import { deriveSegmentKey, openSegment, type SegmentKey } from './segment-cipher.js';

/** Segments that are asked for together, at most. */
const SEGMENTS_AT_ONCE = 8;

/** A payload that can be read anywhere. */
export interface RangeSource {
  /** Length of the payload, as its owner states it. */
  readonly bytes: number;
  /** Its bytes from `start` to before `end`: as many as that, or an error. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** From `start` to before `end`, in bytes of the plaintext. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface OpenedRanges {
  readonly header: SealedHeader;
  /** Of the whole plaintext. */
  readonly bytes: number;
  /** The bytes of each range, ranges in ascending order. @throws CleanroomError SEALED_BLOB_REJECTED, and what the source throws */
  read(ranges: readonly TextRange[]): AsyncGenerator<Uint8Array, void, undefined>;
  /** Wipes the key; nothing can be read afterwards. */
  close(): void;
}

/**
 * Opens a blob whose header is known, to be read by range. A segment that is not the owner's in just that place of a payload of
 * just that length is refused; segments that nobody asks for are not looked at.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, from this call or while a range is read; and what the source throws
 */
export async function openRanges(
  header: SealedHeader,
  source: RangeSource,
  identities: IdentitySource,
): Promise<OpenedRanges> {
  const { segments, plaintextBytes } = payloadShape(source.bytes);
  const dataKey = await findDataKey(header, identities);
  const payloadHeader = await source.read(0, PAYLOAD_HEADER_SIZE);
  const segmentKey = deriveSegmentKey(dataKey, header.associatedData, payloadHeader);
  dataKey.fill(0);
  const open = createWindow(source, segmentKey, segments);
  return {
    header,
    bytes: plaintextBytes,
    read: (ranges) => readRanges(ranges, plaintextBytes, open),
    close: () => void segmentKey.key.fill(0),
  };
}

/** The text of segment `index`, which is asked for together with those after it for which `also` says so. */
type OpenWindow = (index: number, also: (index: number) => boolean) => Promise<Uint8Array>;

/* What was read last stays, for the next range is near. */
function createWindow(source: RangeSource, key: SegmentKey, segments: number): OpenWindow {
  const texts = new Map<number, Uint8Array>();
  return async (first, also) => {
    const known = texts.get(first);
    if (known !== undefined) return known;
    texts.clear();
    let end = first + 1;
    while (end < segments && end - first < SEGMENTS_AT_ONCE && also(end)) end++;
    const last = end === segments;
    const sealed = await source.read(segmentOffset(first), last ? source.bytes : segmentOffset(end));
    for (let index = first; index < end; index++) {
      const from = segmentOffset(index) - segmentOffset(first);
      const data = sealed.slice(from, from + sealedSegmentSize(index));
      texts.set(index, openSegment(key, { index, last: index === segments - 1, data }));
    }
    return texts.get(first) ?? new Uint8Array(0);
  };
}

async function* readRanges(
  ranges: readonly TextRange[],
  bytes: number,
  open: OpenWindow,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wanted = new Set(ranges.flatMap(segmentsOf));
  for (const { start, end } of ranges) {
    if (start < 0 || end < start || end > bytes) throw sealedBlobRejected();
    const text = new Uint8Array(end - start);
    for (let at = start; at < end;) {
      const index = segmentAt(at);
      const opened = await open(index, (next) => wanted.has(next));
      const from = at - segmentTextOffset(index);
      const part = opened.subarray(from, from + end - at);
      if (part.length === 0) throw sealedBlobRejected();
      text.set(part, at - start);
      at += part.length;
    }
    yield text;
  }
}

function segmentsOf({ start, end }: TextRange): readonly number[] {
  if (end <= start) return [];
  const first = segmentAt(start);
  return Array.from({ length: segmentAt(end - 1) - first + 1 }, (_, offset) => first + offset);
}
