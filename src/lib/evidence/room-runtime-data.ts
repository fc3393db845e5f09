// What a room binds in the REPORT_DATA of its own report (docs/design.md#the-chain): who asked, the room's two keys, its contract.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { parseSha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';

/** Bytes that a nonce may have: below, it can be guessed; above, it is somebody's message. */
export const NONCE_BYTES = { min: 16, max: 64 } as const;

const MAX_RUNTIME_DATA_BYTES = 4096;

export interface RoomRuntimeData {
  /** base64url of 16 to 64 bytes, chosen by whoever asks. */
  readonly nonce: string;
  /** Key of the room's https certificate. */
  readonly tls: PublicKeyJwk;
  /** Key that signs the room's receipts. */
  readonly receipt: PublicKeyJwk;
  /** Digest of the contract that the room keeps. */
  readonly contract: Sha256Hex;
}

const Coordinate = v.pipe(
  v.string(),
  v.check((text) => fromBase64Url(text)?.length === 32, 'not 32 bytes in base64url'),
);
const Key = v.strictObject({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  x: Coordinate,
  y: Coordinate,
});
const Schema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-room'),
  nonce: v.pipe(v.string(), v.check(isNonce, 'not base64url of 16 to 64 bytes')),
  tls: Key,
  receipt: Key,
  contract: v.pipe(
    v.string(),
    v.check((text) => parseSha256Hex(text) !== null, 'not a SHA-256'),
  ),
});

/** Whether `text` can be a nonce: base64url of 16 to 64 bytes. */
export function isNonce(text: string): boolean {
  const length = fromBase64Url(text)?.length ?? 0;
  return length >= NONCE_BYTES.min && length <= NONCE_BYTES.max;
}

/**
 * The one spelling of the runtime data: members in this order, no white space. REPORT_DATA is its SHA-256 and 32 zeros.
 * It has no `keys` member and no RSA key, so that no attestation token over it can be a release target.
 */
export function buildRoomRuntimeData({ nonce, tls, receipt, contract }: RoomRuntimeData): Uint8Array {
  const value = {
    v: 1,
    use: 'cleanroom-room',
    nonce,
    tls: bareKey(tls),
    receipt: bareKey(receipt),
    contract,
  };
  return utf8(JSON.stringify(value));
}

/**
 * Reads runtime data strictly: only the spelling that `buildRoomRuntimeData` makes.
 *
 * @throws CleanroomError ROOM_RUNTIME_DATA_MALFORMED
 */
export function parseRoomRuntimeData(bytes: Uint8Array): RoomRuntimeData {
  const text = bytes.length > MAX_RUNTIME_DATA_BYTES ? null : decodeUtf8(bytes);
  if (text === null) throw malformed('it is not UTF-8 text of at most 4096 bytes');
  const outcome = v.safeParse(Schema, readJson(text));
  if (!outcome.success) {
    const issue = outcome.issues[0];
    throw malformed(`${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  const parsed: RoomRuntimeData = { ...outcome.output, contract: outcome.output.contract as Sha256Hex };
  if (decodeUtf8(buildRoomRuntimeData(parsed)) !== text)
    throw malformed('its members are not in the order and spelling of a room');
  return parsed;
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text, { maxDepth: 4 });
  } catch {
    throw malformed('it is not JSON');
  }
}

function bareKey({ kty, crv, x, y }: PublicKeyJwk): PublicKeyJwk {
  return { kty, crv, x, y };
}

function malformed(why: string): CleanroomError {
  return new CleanroomError('ROOM_RUNTIME_DATA_MALFORMED', `not the runtime data of a room: ${why}`);
}
