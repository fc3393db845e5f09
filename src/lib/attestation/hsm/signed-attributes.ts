// What an HSM of Marvell's signs of one key: bytes to attributes, firmware 3.x. Azure/azure-managed-hsm-key-attestation,
// src/vendor/marvell/marvell_parse_key_attestation.py (`fw3x`), and the start of the published example of Azure's answer.
//
//   response header  u32 code, flags, total size, size of the data; then further words, which differ by what was asked
//   data             u16 version, flags, offset of the first key, offset of the second key or 0
//   a key            u32 handle, number of attributes, their size; then u32 type, u32 length, value of each
//   signature        256 bytes over everything before it, RSASSA-PKCS1-v1_5 with SHA-256
//
// All numbers are big-endian. The second key of a pair is not looked at: each half comes in an attestation of its own.

import { CleanroomError } from '../../base/errors.js';

export const HSM_SIGNATURE_SIZE = 256;

const RESPONSE_HEADER_SIZE = 16;
const INFO_SIZE = 8;
const OBJECT_HEADER_SIZE = 12;
const TYPE_AND_LENGTH_SIZE = 8;
const MAX_SIZE = 16 * 1024;
const MAX_ATTRIBUTES = 200;

/** One attestation of one half of a key, read and not verified. */
export interface SignedAttributes {
  /** By type. */
  readonly attributes: ReadonlyMap<number, Uint8Array>;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Firmware 2 and 10 have no data header: words of 20 bytes, then one key up to the signature. */
const OLDER_FORM_OFFSET = 20;

/** Whether the bytes have the form of firmware 2 or 10, whose signature is published nowhere but by its end. */
export function hasOlderForm(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_SIZE || bytes.length < OLDER_FORM_OFFSET + HSM_SIGNATURE_SIZE) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readAttributes(bytes, view, OLDER_FORM_OFFSET, bytes.length - HSM_SIGNATURE_SIZE).size > 0;
  } catch (cause) {
    if (cause instanceof CleanroomError) return false;
    throw cause;
  }
}

/**
 * Reads an attestation; the sizes and offsets in it have to agree with its length to the byte.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED
 */
export function parseSignedAttributes(given: Uint8Array): SignedAttributes {
  if (given.length > MAX_SIZE) throw malformed(`it has ${given.length} bytes`);
  const bytes = Uint8Array.from(given);
  if (bytes.length < RESPONSE_HEADER_SIZE + INFO_SIZE + OBJECT_HEADER_SIZE + HSM_SIGNATURE_SIZE)
    throw malformed('it is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - HSM_SIGNATURE_SIZE;
  const [code, total, size] = [view.getUint32(0), view.getUint32(8), view.getUint32(12)];
  if (code !== 0 || total !== bytes.length)
    throw malformed('its header has another form than that of firmware 3');
  const start = end - size;
  if (start < RESPONSE_HEADER_SIZE || size < INFO_SIZE + OBJECT_HEADER_SIZE)
    throw malformed('its data does not fit into it');
  const [first, second] = [view.getUint16(start + 4), view.getUint16(start + 6)];
  const keyEnd = second === 0 ? end : start + second;
  if (first < INFO_SIZE || keyEnd > end) throw malformed('its offsets lead out of it');
  return {
    attributes: readAttributes(bytes, view, start + first, keyEnd),
    signed: bytes.slice(0, end),
    signature: bytes.slice(end),
  };
}

function readAttributes(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): ReadonlyMap<number, Uint8Array> {
  if (start + OBJECT_HEADER_SIZE > end) throw malformed('there is no room for a key in it');
  const [count, size] = [view.getUint32(start + 4), view.getUint32(start + 8)];
  if (count > MAX_ATTRIBUTES) throw malformed(`it has ${count} attributes`);
  let position = start + OBJECT_HEADER_SIZE;
  if (position + size !== end) throw malformed('the size of its attributes is another');
  const attributes = new Map<number, Uint8Array>();
  for (let index = 0; index < count; index++) {
    if (position + TYPE_AND_LENGTH_SIZE > end) throw malformed('an attribute is cut off');
    const [type, length] = [view.getUint32(position), view.getUint32(position + 4)];
    position += TYPE_AND_LENGTH_SIZE;
    if (position + length > end) throw malformed('an attribute is cut off');
    if (attributes.has(type)) throw malformed(`attribute ${type} stands in it twice`);
    attributes.set(type, bytes.slice(position, position + length));
    position += length;
  }
  if (position !== end) throw malformed('there are bytes behind its attributes');
  return attributes;
}

function malformed(reason: string): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `the attestation of the key cannot be read: ${reason}`);
}
