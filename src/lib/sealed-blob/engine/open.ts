// Opening: header, data key, then segment by segment; nothing of a bad segment is ever given out.

import type { KeyObject } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { type ByteReader, readBytes, readChunks } from '../../base/files/byte-reader.js';
import { commitmentHolds, recipientsHold } from './header-keys.js';
import {
  headerSize,
  isVaultKeyId,
  parseHeader,
  type RecipientEntry,
  type SealedHeader,
} from '../format/header.js';
import { HEADER_OFFSET, PAYLOAD_HEADER_SIZE, sealedSegmentSize, TAG_SIZE } from '../format/layout.js';
import { keyThumbprint } from '../../keys/key-thumbprint.js';
import { sealedBlobRejected } from '../format/rejected.js';
import { deriveSegmentKey, openSegment, type SegmentKey } from './segment-cipher.js';
import { FRESH_BUFFERS, type SegmentBuffers, segments } from './segmenter.js';
import { unwrapDataKey } from './wrap.js';

/**
 * The private keys that may open a blob with that header. Local keys ignore the header; the room asks the vault of its
 * contract for the version that the header names, and returns none where the header names another key.
 */
export type IdentitySource = (header: SealedHeader) => readonly KeyObject[] | Promise<readonly KeyObject[]>;

export interface OpenOptions {
  readonly identities: IdentitySource;
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
  const front = await openFront(reader, options.identities);
  return { header: front.header, plaintext: openPayload(reader, front, options.buffers) };
}

/** What stands before the segments of a blob, and the key to them. */
export interface OpenedFront {
  readonly header: SealedHeader;
  /** Its `key` is the caller's to wipe. */
  readonly segmentKey: SegmentKey;
}

/** Reads and opens the front of a blob; the segments come next. @throws CleanroomError SEALED_BLOB_REJECTED */
export async function openFront(reader: ByteReader, identities: IdentitySource): Promise<OpenedFront> {
  try {
    const header = await readHeader(reader);
    const dataKey = await findDataKey(header, identities);
    const payloadHeader = await readBytes(reader, PAYLOAD_HEADER_SIZE);
    const segmentKey = deriveSegmentKey(dataKey, header.associatedData, payloadHeader);
    dataKey.fill(0);
    return { header, segmentKey };
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

/** The plaintext behind a front; the front's key is wiped at its end. @throws CleanroomError SEALED_BLOB_REJECTED */
export async function* openPayload(
  reader: ByteReader,
  { segmentKey }: OpenedFront,
  buffers: SegmentBuffers = FRESH_BUFFERS,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const job of segments(reader, sealedSegmentSize, buffers)) {
      // Only the first segment may be empty: an empty one after it would be a second spelling of the same text.
      if (job.index > 0 && job.data.length <= TAG_SIZE) throw sealedBlobRejected();
      yield openSegment(segmentKey, job);
    }
  } finally {
    segmentKey.key.fill(0);
  }
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
      if (dataKey === null) continue;
      if (commitmentHolds(header, dataKey) && recipientsHold(header, dataKey)) return dataKey;
    }
  }
  throw sealedBlobRejected();
}

/* By thumbprint; a vault's key without one is tried. */
function mayOpen({ header: { kid, jkt } }: RecipientEntry, thumbprint: string): boolean {
  return jkt === undefined ? kid === thumbprint || isVaultKeyId(kid) : jkt === thumbprint;
}
