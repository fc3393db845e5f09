// Opening: header, data key, then segment by segment; nothing of a bad segment is ever given out.

import type { KeyObject } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { type ByteReader, readBytes, readChunks } from '../../base/files/byte-reader.js';
import {
  headerSize,
  isVaultKeyId,
  parseHeader,
  type RecipientEntry,
  recipientsHold,
  type SealedHeader,
} from '../format/header.js';
import {
  HEADER_OFFSET,
  PAYLOAD_HEADER_SIZE,
  payloadShape,
  SEGMENT_SIZE,
  segmentAt,
  segmentOffset,
  segmentTextOffset,
} from '../format/layout.js';
import { keyThumbprint } from '../../base/bytes/key-thumbprint.js';
import { sealedBlobRejected } from '../format/rejected.js';
import { deriveSegmentKey, openSegment, type SegmentKey } from './segment-cipher.js';
import { INLINE_ENGINE, mapInOrder, type SegmentEngine } from './segment-engine.js';
import { FRESH_BUFFERS, type SegmentBuffers, segments } from './segmenter.js';
import { unwrapDataKey } from '../format/wrap.js';

/**
 * The private keys that may open a blob with that header. Local keys ignore the header; the room asks the vault of its
 * contract for the version that the header names, and returns none where the header names another key.
 */
export type IdentitySource = (header: SealedHeader) => readonly KeyObject[] | Promise<readonly KeyObject[]>;

export interface OpenOptions {
  readonly identities: IdentitySource;
  /** Where segments are opened; on this thread if absent. */
  readonly engine?: SegmentEngine;
  /** Memory of the plaintext's chunks; fresh if absent. */
  readonly buffers?: SegmentBuffers;
}

export interface OpenedBlob {
  readonly header: SealedHeader;
  /** Authenticated segment by segment; can be read once. It is whole only when it has ended without an error. */
  readonly plaintext: AsyncIterable<Uint8Array>;
}

/**
 * Opens a sealed blob.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, from this call or while `plaintext` is read; the same for every cause.
 */
export async function openStream(
  sealed: AsyncIterable<Uint8Array> | ByteReader,
  options: OpenOptions,
): Promise<OpenedBlob> {
  const reader = 'readInto' in sealed ? sealed : readChunks(sealed);
  try {
    const header = await readHeader(reader);
    const dataKey = await findDataKey(header, options.identities);
    const payloadHeader = await readBytes(reader, PAYLOAD_HEADER_SIZE);
    const segmentKey = deriveSegmentKey(dataKey, header.associatedData, payloadHeader);
    dataKey.fill(0);
    return { header, plaintext: openPayload(reader, segmentKey, options) };
  } catch (cause) {
    await reader.cancel();
    throw cause;
  }
}

/** Reads the header at the front of a blob. @throws CleanroomError SEALED_BLOB_REJECTED */
export async function readHeader(reader: ByteReader): Promise<SealedHeader> {
  const start = await readBytes(reader, HEADER_OFFSET);
  const size = headerSize(start);
  return parseHeader(concatBytes(start, await readBytes(reader, size - HEADER_OFFSET)));
}

async function* openPayload(
  reader: ByteReader,
  segmentKey: SegmentKey,
  { engine = INLINE_ENGINE, buffers = FRESH_BUFFERS }: OpenOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* mapInOrder(segments(reader, sealedSegmentSize, buffers), engine.concurrency, (job) => {
      // Only the first segment may be empty: an empty one after it would be a second spelling of the same text.
      if (job.index > 0 && job.data.length <= EMPTY_SEGMENT) throw sealedBlobRejected();
      return engine.open(segmentKey, job);
    });
  } finally {
    segmentKey.key.fill(0);
  }
}

/** A blob that can be read anywhere. */
export interface SealedSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens `length` bytes of the plaintext from `offset`, reading only the segments that hold them.
 *
 * @returns fewer bytes where the plaintext ends before.
 * @throws CleanroomError SEALED_BLOB_REJECTED
 */
export async function openRange(
  source: SealedSource,
  options: Pick<OpenOptions, 'identities'>,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (source.size < HEADER_OFFSET) throw sealedBlobRejected();
  const size = headerSize(await source.read(0, HEADER_OFFSET));
  if (size + PAYLOAD_HEADER_SIZE > source.size) throw sealedBlobRejected();
  const header = parseHeader(await source.read(0, size));
  const shape = payloadShape(source.size - size);
  const dataKey = await findDataKey(header, options.identities);
  const payloadHeader = await source.read(size, PAYLOAD_HEADER_SIZE);
  const segmentKey = deriveSegmentKey(dataKey, header.associatedData, payloadHeader);
  const end = Math.min(offset + length, shape.plaintextBytes);
  const first = segmentAt(Math.min(offset, Math.max(0, shape.plaintextBytes - 1)));
  const last = Math.max(first, segmentAt(Math.max(0, end - 1)));
  const opened: Uint8Array[] = [];
  for (let index = first; index <= last; index++) {
    const from = size + segmentOffset(index);
    const to = Math.min(source.size, size + (index + 1) * SEGMENT_SIZE);
    // Opened in place, so in an array of our own.
    const data = new Uint8Array(await source.read(from, to - from));
    opened.push(openSegment(segmentKey, { index, last: index === shape.segments - 1, data }));
  }
  const skipped = segmentTextOffset(first);
  return concatBytes(...opened).slice(offset - skipped, Math.max(offset, end) - skipped);
}

/**
 * The data key of a blob with that header, for one of whose recipients there is an identity; secret.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED; what is wrong is not told.
 */
export async function findDataKey(header: SealedHeader, identities: IdentitySource): Promise<Uint8Array> {
  for (const identity of await identities(header)) {
    const thumbprint = keyThumbprint(identity);
    for (const entry of header.recipients) {
      const dataKey = mayOpen(entry, thumbprint) ? unwrapDataKey(entry, identity) : null;
      if (dataKey !== null && recipientsHold(header, dataKey)) return dataKey;
    }
  }
  throw sealedBlobRejected();
}

/* By thumbprint; a vault's key without one is tried. */
function mayOpen({ header: { kid, jkt } }: RecipientEntry, thumbprint: string): boolean {
  return jkt === undefined ? kid === thumbprint || isVaultKeyId(kid) : jkt === thumbprint;
}

const EMPTY_SEGMENT = 16;

function sealedSegmentSize(index: number): number {
  return index === 0 ? SEGMENT_SIZE - PAYLOAD_HEADER_SIZE : SEGMENT_SIZE;
}
