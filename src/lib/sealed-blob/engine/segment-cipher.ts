// Segments of Tink's streaming AEAD AES256-GCM-HKDF-1MB. Tink wire format: "AES-GCM-HKDF streaming AEAD".

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import { concatBytes } from '../../base/bytes/arrays.js';
import { NONCE_PREFIX_SIZE, PAYLOAD_HEADER_SIZE, SALT_SIZE, TAG_SIZE } from '../format/layout.js';
import { sealedBlobRejected } from '../format/rejected.js';

/** What seals and opens the segments of one payload. */
export interface SegmentKey {
  /** AES-256 key derived for this payload; secret. */
  readonly key: Uint8Array;
  /** 7 bytes. */
  readonly noncePrefix: Uint8Array;
}

/** One segment's work: which, whether it ends the payload, and its bytes without the payload header. */
export interface SegmentJob {
  readonly index: number;
  readonly last: boolean;
  /** At the front of a buffer that has room for the tag behind it; overwritten by the work. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/*
 * Node returns new memory for every piece. Up to this size the allocator hands out the same memory again; above it,
 * pages come from the system and go back, at the price of a page fault every 4 KiB (half of the whole time, measured).
 */
const PIECE = 16 * 1024;

/** A fresh payload header and the key that goes with it. `associatedData` is bound to every segment. */
export function createSegmentKey(
  dataKey: Uint8Array,
  associatedData: Uint8Array,
): { readonly payloadHeader: Uint8Array; readonly segmentKey: SegmentKey } {
  const payloadHeader = concatBytes(
    new Uint8Array([PAYLOAD_HEADER_SIZE]),
    randomBytes(SALT_SIZE + NONCE_PREFIX_SIZE),
  );
  return { payloadHeader, segmentKey: deriveSegmentKey(dataKey, associatedData, payloadHeader) };
}

/** The key of the payload with that header. @throws CleanroomError SEALED_BLOB_REJECTED for a header of another length. */
export function deriveSegmentKey(
  dataKey: Uint8Array,
  associatedData: Uint8Array,
  payloadHeader: Uint8Array,
): SegmentKey {
  if (payloadHeader.length !== PAYLOAD_HEADER_SIZE || payloadHeader[0] !== PAYLOAD_HEADER_SIZE) {
    throw sealedBlobRejected();
  }
  const salt = payloadHeader.subarray(1, 1 + SALT_SIZE);
  const key = new Uint8Array(hkdfSync('sha256', dataKey, salt, associatedData, 32));
  return { key, noncePrefix: payloadHeader.slice(1 + SALT_SIZE) };
}

/** Ciphertext and tag of a segment, in place of its plaintext. */
export function sealSegment({ key, noncePrefix }: SegmentKey, job: SegmentJob): Uint8Array<ArrayBuffer> {
  const cipher = createCipheriv('aes-256-gcm', key, segmentNonce(noncePrefix, job));
  const sealed = new Uint8Array(job.data.buffer, 0, job.data.length + TAG_SIZE);
  transformInPlace(cipher, job.data);
  cipher.final();
  sealed.set(cipher.getAuthTag(), job.data.length);
  return sealed;
}

/** Plaintext of a segment, in place of its ciphertext. @throws CleanroomError SEALED_BLOB_REJECTED, the place wiped */
export function openSegment({ key, noncePrefix }: SegmentKey, job: SegmentJob): Uint8Array<ArrayBuffer> {
  const length = job.data.length - TAG_SIZE;
  if (length < 0) throw sealedBlobRejected();
  const decipher = createDecipheriv('aes-256-gcm', key, segmentNonce(noncePrefix, job));
  decipher.setAuthTag(job.data.subarray(length));
  const opened = job.data.subarray(0, length);
  transformInPlace(decipher, opened);
  try {
    decipher.final();
  } catch {
    opened.fill(0);
    throw sealedBlobRejected();
  }
  return opened;
}

function transformInPlace(cipher: { update(data: Uint8Array): Uint8Array }, data: Uint8Array): void {
  for (let offset = 0; offset < data.length; offset += PIECE) {
    data.set(cipher.update(data.subarray(offset, offset + PIECE)), offset);
  }
}

/* Nonce prefix, segment number (32 bits, big-endian), one byte that is 1 in the last segment. */
function segmentNonce(prefix: Uint8Array, { index, last }: SegmentJob): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(prefix);
  new DataView(nonce.buffer).setUint32(NONCE_PREFIX_SIZE, index);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
