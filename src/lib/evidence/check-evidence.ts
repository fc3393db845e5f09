// Every check over evidence of any form. The same checks are made or listed as not made whatever came along.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { toHex } from '../base/bytes/hex.js';
import type { Check } from '../base/verdict/check.js';
import { CleanroomError } from '../base/errors.js';
import { contractPinProblem } from '../cce-policy/read/contract-pin.js';
import { parsePolicyOnce } from '../cce-policy/read/policy-cache.js';
import { checkContract, type ParsedContract } from '../contract/check.js';
import { CheckLog, inOrder } from '../attestation/check-log.js';
import { tightenByEvidence } from '../attestation/contract-floors.js';
import type { Expectations } from '../attestation/expectations.js';
import { serviceKeys } from '../attestation/maa/anchored-keys.js';
import { appraisePolicyClaim, type TokenExpectations } from '../attestation/maa/appraise-token.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import type { AttestationToken } from '../attestation/maa/token.js';
import { checkAttestationToken, skipAttestationToken } from '../attestation/maa/verify-attestation-token.js';
import type { VerifiedEvidence } from '../attestation/verify-evidence.js';
import { checkSnpEvidence } from '../attestation/verify-snp-evidence.js';
import { recordBudgetEntries } from './budget-entries.js';
import { recordService, type ServiceContext } from './check-service.js';
import { provenServiceKeys } from './brought-service-keys.js';
import { recordConsents } from './consents.js';
import { recordAge } from './evidence-age.js';
import type { EvidencePieces } from './evidence-pieces.js';
import { recordKeyAttestations } from './key-attestations.js';
import { recordKeys } from './key-statements.js';
import { readOwnerSeals } from './owner-seals.js';
import type { ReadReceipt } from './receipt.js';
import { recordReceiptBudget, recordReleased } from './receipt-budget.js';
import { recordReceiptPlaces } from './receipt-places.js';
import { recordReceiptSeals } from './receipt-seals.js';
import { recordReceiptKeys } from './receipt-keys.js';
import { recordReleases } from './release-statements.js';
import { parseRoomRuntimeData, type RoomRuntimeData } from './room-runtime-data.js';
import type { VerificationPlan } from './verification-plan.js';
import { recordLogProofs } from './verify-log-proofs.js';
import { recordReceipts } from './verify-receipts.js';

/** What the checks were made on. To be believed beside an accepted verdict only. */
export interface CheckedEvidence {
  readonly checks: readonly Check[];
  readonly evidence: VerifiedEvidence;
  readonly token: AttestationToken | null;
  /** Null where the runtime data is not that of a room. */
  readonly room: RoomRuntimeData | null;
  /** Those whose signature holds. */
  readonly receipts: readonly ReadReceipt[];
  /** Whether the contract that counts is one of a local Azure. */
  readonly emulatedContract: boolean;
}

/** Makes every check. Never throws for what the evidence is. */
export async function checkEvidence(
  pieces: EvidencePieces,
  plan: VerificationPlan,
): Promise<CheckedEvidence> {
  const log = new CheckLog();
  const brought = readContract(pieces, log);
  // The verifier's own contract counts; one that came along may only demand more.
  const contract = plan.contract ?? brought;
  const expectations =
    brought === null ? plan.expectations : tightenByEvidence(brought.contract, plan.expectations);
  const { anchors, crypto } = plan;
  const { parts } = pieces;
  const { evidence, checks } = await checkSnpEvidence({
    ...parts,
    anchors,
    expectations,
    crypto,
    reference: plan.reference,
    ownCrls: plan.crls,
  });
  const room = readRoom(pieces, log);
  const policy = parts.policy === undefined ? null : decodeUtf8(parts.policy);
  compareContracts(brought, plan.contract, log);
  recordContract(contract, room, policy, log);
  recordAnchors(contract, plan, log);
  await recordProgram(policy, isNamed(evidence, plan), plan, log);
  await recordConsents(plan, pieces.consents ?? [], log);
  const token = await checkToken(pieces, evidence, plan, expectations);
  const service = serviceContext(token.token, pieces, plan, expectations);
  const serviceProgram = await recordService(token.token, token.keys, service, log);
  await recordReleases(pieces.statements ?? [], { ...service, at: expectations.at, serviceProgram }, log);
  const receipts = await recordReceipts({ ...pieces, room, contract, policy, crypto }, log);
  recordReceiptKeys(receipts, contract?.contract ?? null, plan.sealed ?? null, log);
  const stated = contract === null ? null : await readOwnerSeals(pieces.seals ?? [], contract, crypto);
  recordReceiptSeals(receipts, stated, log);
  recordReleased(receipts, log);
  recordReceiptBudget(receipts, contract?.contract ?? null, log);
  recordBudgetEntries(receipts, pieces.budget ?? [], log);
  recordReceiptPlaces(receipts, plan.knownPlaces, log);
  const brings = { receipts, stated: stated ?? [], brought: pieces.releasePolicies ?? [] };
  recordKeys(
    contract === null || policy === null ? null : { contract: contract.contract, policy, ...brings },
    log,
  );
  await recordKeyAttestations(brings, { anchors: anchors.hsm, crypto, at: expectations.at }, log);
  recordAge(token, expectations, log);
  await recordLogProofs(pieces, contract, policy, { crypto, expectations }, log);
  const policyClaim =
    parts.report === undefined && token.token !== null ? appraisePolicyClaim(token.token) : [];
  return {
    checks: inOrder(checks.filter(replacedBy(policyClaim)), token.checks, policyClaim, log.checks()),
    evidence,
    token: token.token,
    room,
    receipts,
    emulatedContract: contract?.contract.trust?.emulated !== undefined,
  };
}

/* Kept evidence is judged by the time at which its token was issued. */
function serviceContext(
  token: AttestationToken | null,
  { form, parts }: EvidencePieces,
  { anchors, crypto, reference, crls }: VerificationPlan,
  { at }: Expectations,
): ServiceContext {
  const issued = token?.claims['iat'];
  const kept = form === 'bundle' && typeof issued === 'number' && issued >= 0 && issued < 8.64e12;
  return {
    anchors,
    crypto,
    reference,
    at: kept ? new Date(issued * 1000) : at,
    brought: parts.crls ?? [],
    crls,
  };
}

/* A check that is made on the token instead of the report is listed once. */
function replacedBy(others: readonly Check[]): (check: Check) => boolean {
  const ids = new Set(others.map(({ id }) => id));
  return ({ id }) => !ids.has(id);
}

function readContract({ contract }: EvidencePieces, log: CheckLog): ParsedContract | null {
  if (contract === undefined) {
    log.skip('no contract came with the evidence', 'CONTRACT_FORM');
    return null;
  }
  try {
    const parsed = checkContract(contract);
    log.record('CONTRACT_FORM', true, { actual: parsed.digest });
    return parsed;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    log.record('CONTRACT_FORM', false, { reason: cause.message });
    return null;
  }
}

function readRoom({ form, parts }: EvidencePieces, log: CheckLog): RoomRuntimeData | null {
  if (parts.runtimeData === undefined) {
    log.skip('no runtime data was given', 'ROOM_DATA');
    return null;
  }
  try {
    const room = parseRoomRuntimeData(parts.runtimeData);
    log.record('ROOM_DATA', true, { actual: `contract ${room.contract}` });
    return room;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    // Pieces may be about any other workload; a bundle is a room's.
    if (form === 'bundle') log.record('ROOM_DATA', false, { reason: cause.message });
    else log.skip(`the runtime data is not that of a room: ${cause.message}`, 'ROOM_DATA');
    return null;
  }
}

/* A contract that came along is evidence: what it says of itself answers no question about a contract. */
function compareContracts(
  brought: ParsedContract | null,
  own: ParsedContract | undefined,
  log: CheckLog,
): void {
  if (own === undefined)
    log.skip('no contract of the verifier’s own was given to compare with', 'CONTRACT_EXPECTED');
  else if (brought === null)
    log.record('CONTRACT_EXPECTED', true, { expected: own.digest, actual: 'no other came along' });
  else
    log.record('CONTRACT_EXPECTED', brought.digest === own.digest, {
      expected: own.digest,
      actual: brought.digest,
      reason: 'the contract in the evidence is another one',
    });
}

function recordContract(
  contract: ParsedContract | null,
  room: RoomRuntimeData | null,
  policy: string | null,
  log: CheckLog,
): void {
  if (contract === null) {
    log.skip('there is no contract', 'CONTRACT_ROOM', 'CONTRACT_POLICY');
    return;
  }
  const expected = contract.digest;
  if (room === null) log.skip('there is no runtime data of a room', 'CONTRACT_ROOM');
  else
    log.record('CONTRACT_ROOM', room.contract === expected, {
      expected,
      actual: room.contract,
      reason: 'the room keeps another contract',
    });
  if (policy === null) log.skip('no policy was given', 'CONTRACT_POLICY');
  else
    log.recordProblem('CONTRACT_POLICY', contractPinProblem(parsePolicyOnce(policy), expected), { expected });
}

function recordAnchors(contract: ParsedContract | null, { anchors }: VerificationPlan, log: CheckLog): void {
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

/* A verifier who states the policy's hash names the code that runs under it. */
function isNamed({ report }: VerifiedEvidence, { namedPolicy }: VerificationPlan): boolean {
  return namedPolicy !== undefined && report !== null && toHex(report.hostData) === namedPolicy;
}

async function recordProgram(
  policy: string | null,
  named: boolean,
  { judgeProgram }: VerificationPlan,
  log: CheckLog,
): Promise<void> {
  if (named) {
    log.record('PROGRAM_KNOWN', true, { actual: 'the code that you named by its policy hash' });
    return;
  }
  const opinion = policy === null ? null : ((await judgeProgram?.(policy)) ?? null);
  if (opinion === null || opinion.kind === 'unknown')
    log.skip(opinion?.text ?? 'nothing here knows the programs of the policy', 'PROGRAM_KNOWN');
  else
    log.record('PROGRAM_KNOWN', opinion.kind === 'known', {
      expected: 'the program of a known release, and no other container',
      actual: opinion.text,
      reason: opinion.text,
    });
}

async function checkToken(
  pieces: EvidencePieces,
  { report, product }: VerifiedEvidence,
  plan: VerificationPlan,
  expectations: Expectations,
): Promise<{
  readonly token: AttestationToken | null;
  readonly checks: readonly Check[];
  readonly keys: readonly ServiceKey[] | null;
}> {
  const { form, token, jwks } = pieces;
  const { anchors, tokenKeys, crypto } = plan;
  if (token === undefined)
    return { token: null, checks: skipAttestationToken('no attestation token was given'), keys: null };
  const anchored = serviceKeys(anchors);
  // Keys that the verifier states stand in for those of the anchors.
  const known = tokenKeys ?? anchored.keys;
  const context = (read: AttestationToken): ServiceContext =>
    serviceContext(read, pieces, plan, expectations);
  const keys = known.length > 0 ? known : await provenServiceKeys(jwks, token, context);
  // Beside a report, what was stated is asked of the report, and the token has to agree with it.
  const { runtimeKeys, servicePolicy } = expectations;
  const claims: TokenExpectations =
    report === null
      ? expectations
      : {
          report: { fields: report, product },
          ...(runtimeKeys === undefined ? {} : { runtimeKeys }),
          ...(servicePolicy === undefined ? {} : { servicePolicy }),
        };
  const checked = await checkAttestationToken({
    token: token.trim(),
    keys,
    issuers: expectations.tokenIssuers ?? (anchored.issuers.length === 0 ? undefined : anchored.issuers),
    at: expectations.at,
    // Kept evidence says what was so when it was made; a token that is presented now has to be valid now.
    judgedAt: form === 'bundle' ? 'issue' : 'now',
    crypto,
    expectations: claims,
  });
  return { ...checked, keys };
}
