// Evidence of a room, as it is served and as it is stored beside a receipt: everything that a verifier needs, nothing secret.

import { decodeUtf8, utf8 } from '../bytes/arrays.js';
import { toBase64 } from '../bytes/base64.js';
import type { Sha256Hex } from '../bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../errors.js';
import type { SidecarClient } from '../key-release/sidecar-client.js';
import type { OwnPolicy } from './own-policy.js';
import type { RoomIdentity } from './room-identity.js';
import { collectRoomReport } from './room-report.js';

/* The token is a second opinion: evidence does not wait long for it. */
const TOKEN_TIMEOUT_MS = 10_000;

export interface EvidenceSubject {
  readonly identity: RoomIdentity;
  readonly parsed: ParsedContract;
  readonly policy: OwnPolicy;
}

export interface RoomEvidence {
  /** JSON text; see docs/reference/room-api.md. */
  readonly json: string;
  readonly reportDigest: Sha256Hex;
}

/**
 * Fresh evidence over `nonce`.
 *
 * @throws CleanroomError as collectRoomReport
 */
export async function collectRoomEvidence(
  sidecar: SidecarClient,
  { identity, parsed, policy }: EvidenceSubject,
  nonce: string,
): Promise<RoomEvidence> {
  const subject = { identity, contract: parsed.digest, policyHash: policy.hash };
  const { evidence, runtimeData, digest } = await collectRoomReport(sidecar, subject, nonce);
  const maaToken = await fetchToken(sidecar, parsed, runtimeData);
  const value = {
    version: 1,
    report: toBase64(evidence.report),
    endorsements: evidence.certificateChain,
    uvm: evidence.uvmEndorsement,
    policy: toBase64(utf8(policy.text)),
    runtimeData: decodeUtf8(runtimeData),
    maaToken,
    contract: parsed.canonical,
  };
  return { json: `${JSON.stringify(value)}\n`, reportDigest: digest };
}

async function fetchToken(
  sidecar: SidecarClient,
  { contract }: ParsedContract,
  runtimeData: Uint8Array,
): Promise<string | null> {
  const authority = (contract.attestation.authorities[0] ?? '').replace(/^https:\/\//, '');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), TOKEN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([sidecar.attestMaa(authority, runtimeData), late]);
  } catch (error) {
    if (error instanceof CleanroomError) return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
