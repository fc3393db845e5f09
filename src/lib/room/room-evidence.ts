// Evidence of a room, as it is served and as it is stored beside a receipt: everything that a verifier needs, nothing secret.

import { type BroughtReleasePolicy, parseBundle, renderBundle } from '../evidence/evidence-bundle.js';
import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromBase64 } from '../base/bytes/base64.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import type { SidecarClient } from './key-release/sidecar-client.js';
import type { OwnPolicy } from './own-policy.js';
import type { RoomIdentity } from './room-identity.js';
import { collectRoomReport } from './room-report.js';

/* The token is a second opinion: evidence does not wait long for it. */
const TOKEN_TIMEOUT_MS = 10_000;

export interface EvidenceSubject {
  readonly identity: RoomIdentity;
  readonly parsed: ParsedContract;
  readonly policy: OwnPolicy;
  readonly now: () => Date;
  /** The room's receipt, where it has signed one. */
  readonly receipt: string | null;
  /** What belongs to that receipt. */
  readonly beside: ReceiptPieces;
}

/** What a verifier of a receipt needs besides it: nothing secret. */
export interface ReceiptPieces {
  /** The owners' seal statements over what was opened, JWS each. */
  readonly seals: readonly string[];
  /** Release policies of the keys that the statements name. */
  readonly releasePolicies: readonly BroughtReleasePolicy[];
  /** Entries of the run's place in the budget, as they were read back. */
  readonly budget: readonly string[];
}

/** Of a room that has opened nothing. */
export const NO_RECEIPT_PIECES: ReceiptPieces = { seals: [], releasePolicies: [], budget: [] };

export interface RoomEvidence {
  /** An evidence bundle (audit/evidence-bundle.ts). */
  readonly bundle: string;
  readonly reportDigest: Sha256Hex;
}

/**
 * Fresh evidence over `nonce`.
 *
 * @throws CleanroomError as collectRoomReport
 */
export async function collectRoomEvidence(
  sidecar: SidecarClient,
  { identity, parsed, policy, now, receipt, beside }: EvidenceSubject,
  nonce: string,
): Promise<RoomEvidence> {
  const subject = { identity, contract: parsed.digest, policyHash: policy.hash };
  const { evidence, runtimeData, digest } = await collectRoomReport(sidecar, subject, nonce);
  const token = await fetchToken(sidecar, parsed, runtimeData);
  const uvm = fromBase64(evidence.uvmEndorsement.trim());
  const bundle = renderBundle({
    collected: now(),
    report: evidence.report,
    certificates: evidence.certificateChain,
    ...(uvm === null || uvm.length === 0 ? {} : { uvm }),
    policy: policy.text,
    runtimeData: decodeUtf8(runtimeData) ?? '',
    ...(token === null ? {} : { token }),
    contract: parsed.contract,
    ...(receipt === null ? {} : { receipts: [receipt] }),
    ...membersOf(beside),
  });
  return { bundle, reportDigest: digest };
}

/** Evidence as it is stored beside a receipt: with what belongs to the receipt. */
export function withReceiptPieces(bundle: string, pieces: ReceiptPieces): string {
  return renderBundle({ ...parseBundle(utf8(bundle)), ...membersOf(pieces) });
}

function membersOf({ seals, releasePolicies, budget }: ReceiptPieces): Partial<ReceiptPieces> {
  return {
    ...(seals.length === 0 ? {} : { seals }),
    ...(releasePolicies.length === 0 ? {} : { releasePolicies }),
    ...(budget.length === 0 ? {} : { budget }),
  };
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
