// Sealing as it streams by: a plaintext of any length to header and payload, in flat memory, on the thread that calls.

import { randomBytes } from 'node:crypto';

import { CleanroomError } from '../../base/errors.js';
import { type ByteReader, readChunks } from '../../base/files/byte-reader.js';
import { buildHeader } from './header-keys.js';
import {
  MAX_RECIPIENTS,
  PAYLOAD_ENCRYPTION,
  type ProtectedHeader,
  type SealedHeader,
} from '../format/header.js';
import { segmentTextSize } from '../format/layout.js';
import type { RecipientKey } from '../../keys/recipient-key.js';
import { createSegmentKey, type SegmentKey, sealSegment } from './segment-cipher.js';
import { FRESH_BUFFERS, type SegmentBuffers, segments } from './segmenter.js';
import { DATA_KEY_BYTES, wrapDataKey } from './wrap.js';

export interface SealOptions {
  /** At least one. */
  readonly recipients: readonly RecipientKey[];
  /** Media type, and the contract, dataset and version where there is one. */
  readonly protected: Omit<ProtectedHeader, 'enc' | 'mac' | 'commit'>;
  /** Memory of the payload's chunks; fresh if absent. */
  readonly buffers?: SegmentBuffers;
}

/** A sealed blob in the making: first `header.raw`, then `payload`, which can be read once. */
export interface Sealing {
  readonly header: SealedHeader;
  readonly payload: AsyncIterable<Uint8Array>;
}

/**
 * Seals `plaintext` under a fresh data key, wrapped to each recipient.
 *
 * @throws CleanroomError USAGE for no recipient, too many, or the same one twice.
 */
export function sealStream(plaintext: AsyncIterable<Uint8Array> | ByteReader, options: SealOptions): Sealing {
  const front = createFront(options);
  const reader = 'readInto' in plaintext ? plaintext : readChunks(plaintext);
  return { header: front.header, payload: sealPayload(reader, front, options) };
}

/** What stands before the segments of a new blob, and the key to them. */
export interface SealedFront {
  readonly header: SealedHeader;
  readonly payloadHeader: Uint8Array;
  /** Its `key` is the caller's to wipe. */
  readonly segmentKey: SegmentKey;
}

/**
 * The front of a blob under a fresh data key, which is wrapped to each recipient and then forgotten.
 *
 * @throws CleanroomError USAGE, as sealStream
 */
export function createFront(options: Pick<SealOptions, 'recipients' | 'protected'>): SealedFront {
  requireRecipients(options.recipients);
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const header = buildHeader(
    { enc: PAYLOAD_ENCRYPTION, ...options.protected },
    options.recipients.map((recipient) => wrapDataKey(dataKey, recipient)),
    dataKey,
  );
  const front = createSegmentKey(dataKey, header.associatedData);
  dataKey.fill(0);
  return { header, ...front };
}

async function* sealPayload(
  plaintext: ByteReader,
  { payloadHeader, segmentKey }: SealedFront,
  { buffers = FRESH_BUFFERS }: SealOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield payloadHeader;
    for await (const job of segments(plaintext, segmentTextSize, buffers)) yield sealSegment(segmentKey, job);
  } finally {
    segmentKey.key.fill(0);
  }
}

/** Refuses a list of recipients that makes no sense. @throws CleanroomError USAGE */
export function requireRecipients(recipients: readonly RecipientKey[]): void {
  if (recipients.length === 0 || recipients.length > MAX_RECIPIENTS) {
    throw new CleanroomError(
      'USAGE',
      `a blob has 1 to ${MAX_RECIPIENTS} recipients, not ${recipients.length}`,
    );
  }
  const twice = recipients.find(({ thumbprint }, index) =>
    recipients.slice(0, index).some((earlier) => earlier.thumbprint === thumbprint),
  );
  if (twice !== undefined)
    throw new CleanroomError('USAGE', `the recipient ${twice.thumbprint} is given twice`);
}
