// The room's own hardware report, over its keys, its contract and somebody's nonce; fetched through the sidecar.

import { concatBytes, equalBytes } from '../base/bytes/arrays.js';
import { sha256, sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { fromHex, toHex } from '../base/bytes/hex.js';
import { readSnpReport } from '../attestation/snp/report.js';
import { buildRoomRuntimeData } from '../evidence/room-runtime-data.js';
import { CleanroomError } from '../base/errors.js';
import type { CombinedEvidence, SidecarClient } from './key-release/sidecar-client.js';
import type { RoomIdentity } from './room-identity.js';

export interface RoomReport {
  readonly evidence: CombinedEvidence;
  readonly runtimeData: Uint8Array;
  /** SHA-256 of the 1184 bytes; receipts name it. */
  readonly digest: Sha256Hex;
}

export interface ReportSubject {
  readonly identity: RoomIdentity;
  readonly contract: Sha256Hex;
  readonly policyHash: Sha256Hex;
}

/**
 * Has a report made and checks that it is about this room: REPORT_DATA binds the runtime data, HOST_DATA is the policy
 * that the room found. The signature is for the verifier outside to check.
 *
 * @throws CleanroomError ROOM_POLICY_MISMATCH, SIDECAR_ANSWER_MALFORMED, SIDECAR_CERTIFICATES_OLD, SIDECAR_TOO_OLD,
 *   SIDECAR_UNREACHABLE
 */
export async function collectRoomReport(
  sidecar: SidecarClient,
  { identity, contract, policyHash }: ReportSubject,
  nonce: string,
): Promise<RoomReport> {
  const runtimeData = buildRoomRuntimeData({
    nonce,
    tls: identity.tls.publicKey,
    receipt: identity.receipt.publicKey,
    contract,
  });
  const evidence = await sidecar.attestCombined(runtimeData);
  const report = readSnpReport(evidence.report);
  if (!equalBytes(report.reportData, concatBytes(sha256(runtimeData), new Uint8Array(32))))
    throw new CleanroomError(
      'SIDECAR_ANSWER_MALFORMED',
      "the sidecar's report is over other data than was asked for",
    );
  if (!equalBytes(report.hostData, fromHex(policyHash) ?? new Uint8Array(0)))
    throw new CleanroomError(
      'ROOM_POLICY_MISMATCH',
      "HOST_DATA of the room's report is not the hash of its policy",
    );
  checkCertificates(evidence, report.reportedTcb);
  return { evidence, runtimeData, digest: sha256Hex(evidence.report) };
}

/* Microsoft's sidecar keeps the certificates of its start; after an update of the firmware nobody could verify the two. */
function checkCertificates({ endorsedTcb }: CombinedEvidence, reportedTcb: Uint8Array): void {
  const reported = toHex(reportedTcb.slice().reverse());
  if (endorsedTcb.toLowerCase().padStart(16, '0') === reported) return;
  throw new CleanroomError(
    'SIDECAR_CERTIFICATES_OLD',
    `the report names TCB ${reported}, the sidecar's certificates are for ${endorsedTcb.slice(0, 16)}`,
  );
}
