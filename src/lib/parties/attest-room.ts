// `attest`: fresh evidence from a room, over a connection that ends in the attested key, into a bundle.

import { randomBytes } from 'node:crypto';

import { renderBundle, type EvidenceBundle } from '../evidence/evidence-bundle.js';
import { decodeUtf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import type { ParsedContract } from '../contract/check.js';
import { PLAIN_NOTICE } from '../contract/plain-notice.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { parseServiceKeys } from '../attestation/maa/key-set.js';
import { parseReleaseStatement } from '../attestation/releases/release-statement.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { getFromRoom, type RoomAnswer } from '../room/client/room-client.js';
import type { FoundConsent } from '../contract/consent.js';
import type { VerifiedFile } from '../evidence/verify-evidence-file.js';
import { bundleOfRoomEvidence, requireAttestedConnection } from './collect-evidence.js';
import type { LogStore } from './log-store.js';
import type { Profile } from '../ports/profile.js';
import { withLogProofs } from './log.js';
import { readStatement } from './verify/read-pieces.js';
import { verifyRoomEvidence } from './verify-room-evidence.js';

export interface RoomAddress {
  readonly host: string;
  readonly port: number;
}

export interface AttestOptions {
  /** Transparency log whose proofs of contract, policy and receipts go into the bundle. */
  readonly log?: LogStore | null;
  /** The parties' signatures over the contract, which go into the bundle. */
  readonly consents?: readonly FoundConsent[];
  /** Key set of the attestation service, which goes into the bundle. */
  readonly jwks?: Readonly<Record<string, unknown>> | null;
  /** Transparent statements of what the attestation service and the HSMs run, which go into the bundle. */
  readonly statements?: readonly Uint8Array[];
}

export interface Attested {
  readonly bundle: EvidenceBundle;
  readonly nonce: string;
  /** The verdict of whoever asked; null where no contract was given to judge by. */
  readonly verdict: VerifiedFile | null;
}

const MAX_KEY_SET_BYTES = 4 * 1024 * 1024;
const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;
const EVIDENCE_TIMEOUT_MS = 30_000;

/**
 * Asks a room for evidence over a fresh nonce.
 *
 * @throws CleanroomError ROOM_NOT_CONFIDENTIAL, ROOM_UNREACHABLE, ROOM_EVIDENCE_MALFORMED, ROOM_KEY_MISMATCH
 */
export async function attestRoom(
  address: RoomAddress,
  parsed: ParsedContract | null,
  profile: Profile | null,
  { log = null, consents = [], jwks = null, statements = [] }: AttestOptions = {},
): Promise<Attested> {
  const nonce = toBase64Url(randomBytes(32));
  const answer = await get(address, `/evidence?nonce=${nonce}`);
  if (answer.status !== 200) {
    if (/"confidential":false/.test(decodeUtf8(answer.body) ?? '')) throw roomNotConfidential(address.host);
    throw new CleanroomError('ROOM_UNREACHABLE', `the room answers ${answer.status} when asked for evidence`);
  }
  const alone = bundleOfRoomEvidence(answer.body, []);
  requireAttestedConnection(alone, tlsKeyOf(answer), nonce);
  const plain = {
    ...bundleOfRoomEvidence(answer.body, await receiptsOf(address, alone, nonce)),
    ...(consents.length === 0 ? {} : { consents: consents.map(({ jws }) => jws.trim()) }),
    ...(jwks === null ? {} : { jwks }),
    ...(statements.length === 0 ? {} : { statements }),
  };
  const bundle = log === null ? plain : await withLogProofs(plain, log);
  if (parsed === null) return { bundle, nonce, verdict: null };
  const verdict = await verifyRoomEvidence(bundle, { parsed, profile, consents, nonce });
  return { bundle, nonce, verdict };
}

/** The error about a plain room, whoever passes it off as what. */
export function roomNotConfidential(room: string): CleanroomError {
  return new CleanroomError('ROOM_NOT_CONFIDENTIAL', `${room}: ${PLAIN_NOTICE}; there is nothing to attest`);
}

/** Reads a key set for a bundle. @throws CleanroomError JWKS_INVALID, FILE_* */
export async function readKeySet(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readTextBounded(path, MAX_KEY_SET_BYTES);
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    throw new CleanroomError('JWKS_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
  parseServiceKeys(value);
  return value as Readonly<Record<string, unknown>>;
}

/** Reads transparent statements for a bundle. @throws CleanroomError EVIDENCE_MALFORMED, FILE_* */
export async function readStatements(paths: readonly string[]): Promise<readonly Uint8Array[]> {
  const statements = await Promise.all(paths.map(readStatement));
  statements.forEach(parseReleaseStatement);
  return statements;
}

/** Writes a bundle; the file is replaced whole. */
export function writeBundle(path: string, bundle: EvidenceBundle): Promise<void> {
  return writeFileAtomic(path, renderBundle(bundle));
}

/* Over a connection of its own, which has to end in the same attested key. */
async function receiptsOf(
  address: RoomAddress,
  attested: EvidenceBundle,
  nonce: string,
): Promise<readonly string[]> {
  const answer = await get(address, '/receipt');
  requireAttestedConnection(attested, tlsKeyOf(answer), nonce);
  const text = answer.status === 200 ? decodeUtf8(answer.body) : null;
  return text === null ? [] : [text.trim()];
}

function tlsKeyOf(answer: RoomAnswer): PublicKeyJwk {
  return answer.tlsKey as PublicKeyJwk;
}

function get({ host, port }: RoomAddress, path: string): ReturnType<typeof getFromRoom> {
  return getFromRoom({ host, port, path, maxBytes: MAX_EVIDENCE_BYTES, timeoutMs: EVIDENCE_TIMEOUT_MS });
}
