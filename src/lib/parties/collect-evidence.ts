// Evidence of a room: a bundle as the room made it, with the receipts that belong to it, and the connection that brought it.

import { type EvidenceBundle, parseBundle } from '../evidence/evidence-bundle.js';
import { parseRoomRuntimeData } from '../evidence/room-runtime-data.js';
import { utf8 } from '../base/bytes/arrays.js';
import { samePublicKey } from '../keys/party-keys.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError, describeCause } from '../base/errors.js';

/**
 * Reads what a room serves at /evidence and stores beside a receipt, and adds receipts that came beside it. Nothing is
 * verified.
 *
 * @throws CleanroomError ROOM_EVIDENCE_MALFORMED
 */
export function bundleOfRoomEvidence(bytes: Uint8Array, receipts: readonly string[]): EvidenceBundle {
  const bundle = readBundle(bytes);
  const all = [...new Set([...(bundle.receipts ?? []), ...receipts])];
  return all.length === 0 ? bundle : { ...bundle, receipts: all };
}

function readBundle(bytes: Uint8Array): EvidenceBundle {
  try {
    return parseBundle(bytes);
  } catch (cause) {
    const why = describeCause(cause);
    throw new CleanroomError('ROOM_EVIDENCE_MALFORMED', `what the room gave is no evidence: ${why}`, {
      cause,
    });
  }
}

/**
 * Whether the connection that brought a bundle ended in the room: its TLS key is the one that the runtime data binds.
 *
 * @throws CleanroomError ROOM_KEY_MISMATCH, ROOM_RUNTIME_DATA_MALFORMED
 */
export function requireAttestedConnection(bundle: EvidenceBundle, tlsKey: PublicKeyJwk, nonce: string): void {
  const runtimeData = parseRoomRuntimeData(utf8(bundle.runtimeData));
  if (!samePublicKey(runtimeData.tls, tlsKey)) {
    throw new CleanroomError(
      'ROOM_KEY_MISMATCH',
      'the TLS connection does not end in the key that the room report binds: it is intercepted',
    );
  }
  if (runtimeData.nonce !== nonce) {
    throw new CleanroomError(
      'ROOM_KEY_MISMATCH',
      'the room answered with evidence over another nonce: it is not fresh',
    );
  }
}
