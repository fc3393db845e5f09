// Evidence of a room into a bundle: what the room answers, put into the one form that is verified.

import * as v from 'valibot';

import { type EvidenceBundle } from '../audit/evidence-bundle.js';
import { parseRoomRuntimeData } from '../audit/room-runtime-data.js';
import { decodeUtf8, utf8 } from '../bytes/arrays.js';
import { fromBase64 } from '../bytes/base64.js';
import type { Json } from '../bytes/canonical-json.js';
import { parseStrictJson } from '../bytes/strict-json.js';
import { samePublicKey } from '../contract/party-keys.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';

/* What a room serves at /evidence and stores beside a receipt (docs/reference/room-api.md). */
const RoomEvidenceSchema = v.object({
  version: v.literal(1),
  report: v.string(),
  endorsements: v.string(),
  /** Base64 of the COSE_Sign1. */
  uvm: v.nullable(v.string()),
  policy: v.string(),
  runtimeData: v.string(),
  maaToken: v.nullable(v.string()),
  contract: v.string(),
});

/**
 * Puts a room's evidence into bundle form. Nothing is verified.
 *
 * @throws CleanroomError ROOM_EVIDENCE_MALFORMED
 */
export function bundleOfRoomEvidence(
  bytes: Uint8Array,
  receipts: readonly string[],
  collected: Date,
): EvidenceBundle {
  const evidence = readEvidence(bytes);
  const policy = decodeUtf8(base64(evidence.policy, 'policy'));
  if (policy === null) throw malformed('policy is not text');
  return {
    collected,
    report: base64(evidence.report, 'report'),
    certificates: evidence.endorsements,
    policy,
    runtimeData: evidence.runtimeData,
    contract: readContract(evidence.contract),
    ...(evidence.uvm === null ? {} : { uvm: base64(evidence.uvm, 'uvm') }),
    ...(evidence.maaToken === null ? {} : { token: evidence.maaToken }),
    ...(receipts.length === 0 ? {} : { receipts: [...receipts] }),
  };
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
      'the TLS connection does not end in the key that the room report binds: somebody stands between',
    );
  }
  if (runtimeData.nonce !== nonce) {
    throw new CleanroomError(
      'ROOM_KEY_MISMATCH',
      'the room answered with evidence over another nonce: it is not fresh',
    );
  }
}

function readEvidence(bytes: Uint8Array): v.InferOutput<typeof RoomEvidenceSchema> {
  let value: unknown;
  try {
    value = parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 });
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
  const outcome = v.safeParse(RoomEvidenceSchema, value);
  if (!outcome.success) throw malformed(v.getDotPath(outcome.issues[0]) ?? 'the whole');
  return outcome.output;
}

function readContract(text: string): Readonly<Record<string, unknown>> {
  let value: Json;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    throw malformed('contract is not JSON', cause);
  }
  if (!isObject(value)) throw malformed('contract is not an object');
  return value;
}

function isObject(value: Json): value is { readonly [name: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function base64(text: string, member: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === null) throw malformed(`${member} is not base64`);
  return bytes;
}

function malformed(what: string, cause?: unknown): CleanroomError {
  return new CleanroomError(
    'ROOM_EVIDENCE_MALFORMED',
    `the room's evidence does not have the form of version 1: ${what}`,
    { cause },
  );
}
