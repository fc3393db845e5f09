// An evidence bundle to a verdict: the report and everything that it binds. A contract inside is evidence, not a demand.

import { utf8 } from '../base/bytes/arrays.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import { contractPinProblem } from '../cce-policy/read/contract-pin.js';
import { parsePolicyOnce } from '../cce-policy/read/policy-cache.js';
import { checkContract, type ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import { type Check, decide, type Verdict } from '../base/verdict/check.js';
import { type Anchors } from '../attestation/anchors.js';
import { CheckLog, inOrder } from '../attestation/check-log.js';
import { tightenByEvidence } from '../attestation/contract-floors.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import type { Expectations } from '../attestation/expectations.js';
import { serviceKeys } from '../attestation/maa/anchored-keys.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import type { AttestationToken } from '../attestation/maa/token.js';
import { checkAttestationToken, skipAttestationToken } from '../attestation/maa/verify-attestation-token.js';
import type { VerifiedEvidence } from '../attestation/verify-evidence.js';
import { checkSnpEvidence, trustOf } from '../attestation/verify-snp-evidence.js';
import { bundleParts, type EvidenceBundle } from './evidence-bundle.js';
import { recordAge } from './evidence-age.js';
import type { ReadReceipt } from './receipt.js';
import { recordReceiptKeys, type SealedBlobKeys } from './receipt-keys.js';
import { recordLogProofs } from './verify-log-proofs.js';
import { recordReceipts } from './verify-receipts.js';
import { parseRoomRuntimeData, type RoomRuntimeData } from './room-runtime-data.js';

export interface BundleContext {
  readonly anchors: Anchors;
  readonly expectations: Expectations;
  /** Digest of the contract that the verifier holds, where it holds one. */
  readonly contract?: Sha256Hex;
  /** Keys of the attestation service, where the verifier has them; the anchors' own are used besides. */
  readonly tokenKeys?: readonly ServiceKey[];
  readonly crypto: SignatureCrypto;
  /** Of the sealed blobs that the verifier holds; absent: none. */
  readonly sealed?: readonly SealedBlobKeys[];
  readonly required?: readonly string[];
}

export interface BundleAppraisal {
  readonly verdict: Verdict;
  readonly evidence: VerifiedEvidence;
  readonly token: AttestationToken | null;
  /** Null where the runtime data is not that of a room. */
  readonly room: RoomRuntimeData | null;
  readonly receipts: readonly ReadReceipt[];
}

/** Without these there is no verdict about a room: a bundle in which one could not be made is refused. */
export const REQUIRED_OF_BUNDLES: readonly string[] = [
  'ROOT_PINNED',
  'REPORT_SIGNATURE',
  'UVM_SIGNATURE',
  'MEASUREMENT',
  'HOST_DATA',
  'REPORT_DATA',
];

/** Verifies a whole bundle. Never throws for what the evidence is. */
export async function verifyBundle(bundle: EvidenceBundle, context: BundleContext): Promise<BundleAppraisal> {
  const log = new CheckLog();
  const contract = readContract(bundle, log);
  const expectations =
    contract === null ? context.expectations : tightenByEvidence(contract.contract, context.expectations);
  const { anchors, crypto } = context;
  const parts = bundleParts(bundle);
  const { evidence, checks } = await checkSnpEvidence({ ...parts, anchors, expectations, crypto });
  const room = readRoom(bundle, log);
  recordContract(contract, room, bundle.policy, context.contract, log);
  recordAnchors(contract, anchors, log);
  const token = await checkToken(bundle, evidence, { ...context, expectations });
  const receipts = await recordReceipts(bundle, room, contract?.digest, crypto, log);
  recordReceiptKeys(receipts, contract?.contract ?? null, context.sealed ?? null, log);
  recordAge(token, receipts, expectations, log);
  await recordLogProofs(bundle, contract, crypto, log);
  const all = inOrder(checks, token.checks, log.checks());
  const required = [...REQUIRED_OF_BUNDLES, ...(context.required ?? [])];
  const trust = trustOf({ anchors, expectations }, parts);
  return { verdict: decide(all, trust, required), evidence, token: token.token, room, receipts };
}

function readContract(bundle: EvidenceBundle, log: CheckLog): ParsedContract | null {
  if (bundle.contract === undefined) {
    log.skip('the bundle holds no contract', 'CONTRACT_FORM');
    return null;
  }
  try {
    const parsed = checkContract(bundle.contract);
    log.record('CONTRACT_FORM', true, { actual: parsed.digest });
    return parsed;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    log.record('CONTRACT_FORM', false, { reason: cause.message });
    return null;
  }
}

function readRoom(bundle: EvidenceBundle, log: CheckLog): RoomRuntimeData | null {
  try {
    const room = parseRoomRuntimeData(utf8(bundle.runtimeData));
    log.record('ROOM_DATA', true, { actual: `contract ${room.contract}` });
    return room;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    log.record('ROOM_DATA', false, { reason: cause.message });
    return null;
  }
}

function recordContract(
  contract: ParsedContract | null,
  room: RoomRuntimeData | null,
  policy: string,
  expected: Sha256Hex | undefined,
  log: CheckLog,
): void {
  const digest = contract?.digest ?? expected;
  if (expected === undefined) log.skip('no contract was given to compare with', 'CONTRACT_EXPECTED');
  else if (contract === null) log.skip('the bundle holds no contract', 'CONTRACT_EXPECTED');
  else {
    log.record('CONTRACT_EXPECTED', contract.digest === expected, {
      expected,
      actual: contract.digest,
      reason: 'the contract in the bundle is another one',
    });
  }
  if (digest === undefined) {
    log.skip('there is no contract', 'CONTRACT_ROOM', 'CONTRACT_POLICY');
    return;
  }
  if (room === null) log.skip('the runtime data is not that of a room', 'CONTRACT_ROOM');
  else {
    log.record('CONTRACT_ROOM', room.contract === digest, {
      expected: digest,
      actual: room.contract,
      reason: 'the room keeps another contract',
    });
  }
  log.recordProblem('CONTRACT_POLICY', contractPinProblem(parsePolicyOnce(policy), digest), {
    expected: digest,
  });
}

function recordAnchors(contract: ParsedContract | null, anchors: Anchors, log: CheckLog): void {
  const named = contract?.contract.trust?.emulated.anchors;
  if (named === undefined || anchors.digest === undefined) {
    log.skip('no contract names the anchors in use', 'ANCHORS_CONTRACT');
    return;
  }
  log.record('ANCHORS_CONTRACT', named === `sha256:${anchors.digest}`, {
    expected: named,
    actual: `sha256:${anchors.digest}`,
    reason: 'the contract was made for another local Azure',
  });
}

async function checkToken(
  bundle: EvidenceBundle,
  evidence: VerifiedEvidence,
  { anchors, expectations, tokenKeys, crypto }: BundleContext,
): Promise<{ readonly token: AttestationToken | null; readonly checks: readonly Check[] }> {
  if (bundle.token === undefined) {
    return { token: null, checks: skipAttestationToken('the bundle holds no attestation token') };
  }
  const anchored = serviceKeys(anchors);
  // Keys that the verifier states stand in for those of the anchors.
  const keys = tokenKeys ?? anchored.keys;
  const { report, product } = evidence;
  return checkAttestationToken({
    token: bundle.token,
    keys: keys.length === 0 ? null : keys,
    issuers: expectations.tokenIssuers ?? (anchored.issuers.length === 0 ? undefined : anchored.issuers),
    at: expectations.at,
    crypto,
    expectations: report === null ? {} : { report: { fields: report, product } },
  });
}
