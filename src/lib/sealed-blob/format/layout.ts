// Where things stand in a sealed blob, version 1 (docs/reference/sealed-format.md §2 and §4). Offsets in bytes.

import { sealedBlobRejected } from './rejected.js';

export const MAGIC = new Uint8Array([0x43, 0x4c, 0x4e, 0x52, 0x4f, 0x4f, 0x4d, 0x31]); // CLNROOM1
export const HEADER_OFFSET = MAGIC.length + 4;
export const MAX_HEADER_BYTES = 1024 * 1024;

/** Tink AES256_GCM_HKDF_1MB. */
export const SEGMENT_SIZE = 1024 * 1024;
export const TAG_SIZE = 16;
export const SALT_SIZE = 32;
export const NONCE_PREFIX_SIZE = 7;
/** Of the payload: its own length, salt, nonce prefix; it takes its room from the first segment. */
export const PAYLOAD_HEADER_SIZE = 1 + SALT_SIZE + NONCE_PREFIX_SIZE;

export const FIRST_SEGMENT_TEXT = SEGMENT_SIZE - PAYLOAD_HEADER_SIZE - TAG_SIZE;
export const SEGMENT_TEXT = SEGMENT_SIZE - TAG_SIZE;

/* The segment number has 32 bits. */
const MAX_SEGMENTS = 2 ** 32;

/** Bytes of plaintext that segment `index` holds when it is full. */
export function segmentTextSize(index: number): number {
  return index === 0 ? FIRST_SEGMENT_TEXT : SEGMENT_TEXT;
}

/** Bytes of a full segment `index` as it stands in the payload, tag included. */
export function sealedSegmentSize(index: number): number {
  return index === 0 ? SEGMENT_SIZE - PAYLOAD_HEADER_SIZE : SEGMENT_SIZE;
}

/** Offset in the plaintext of the first byte of segment `index`. */
export function segmentTextOffset(index: number): number {
  return index === 0 ? 0 : FIRST_SEGMENT_TEXT + (index - 1) * SEGMENT_TEXT;
}

/** Offset in the payload of the first byte of segment `index`. */
export function segmentOffset(index: number): number {
  return index === 0 ? PAYLOAD_HEADER_SIZE : index * SEGMENT_SIZE;
}

/** The segment that holds plaintext byte `offset`. */
export function segmentAt(offset: number): number {
  return offset < FIRST_SEGMENT_TEXT ? 0 : 1 + Math.floor((offset - FIRST_SEGMENT_TEXT) / SEGMENT_TEXT);
}

/** How many segments a plaintext of that length has; an empty one still has its one. */
export function segmentCount(plaintextBytes: number): number {
  return Math.max(1, segmentAt(plaintextBytes - 1) + 1);
}

/** Length of the payload of a plaintext of that length. */
export function payloadSize(plaintextBytes: number): number {
  return PAYLOAD_HEADER_SIZE + plaintextBytes + segmentCount(plaintextBytes) * TAG_SIZE;
}

export interface PayloadShape {
  readonly segments: number;
  readonly plaintextBytes: number;
}

/**
 * What a payload of that length holds.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED where no payload has that length.
 */
export function payloadShape(payloadBytes: number): PayloadShape {
  const segments = Math.max(1, Math.ceil(payloadBytes / SEGMENT_SIZE));
  const plaintextBytes = payloadBytes - PAYLOAD_HEADER_SIZE - segments * TAG_SIZE;
  // A last segment after the first holds at least one byte: an empty one is never written.
  const least = segments === 1 ? 0 : segmentTextOffset(segments - 1) + 1;
  if (plaintextBytes < least || segments > MAX_SEGMENTS) throw sealedBlobRejected();
  return { segments, plaintextBytes };
}
