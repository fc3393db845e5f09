// Is this the policy that contract and images make, and do file, key and room all hold to it? Works with what is at hand
// and lists what it could not check.

import { diffPolicies } from '../cce-policy/compare/diff-policies.js';
import type { PolicyDifference } from '../cce-policy/compare/difference.js';
import type { Finding as PolicyFinding } from '../cce-policy/lint/finding.js';
import { lintPolicy } from '../cce-policy/lint/lint-policy.js';
import { contractPinProblem } from '../cce-policy/read/contract-pin.js';
import { allowsEverything } from '../cce-policy/read/allow-all.js';
import { decodePolicy } from '../cce-policy/read/policy-file.js';
import { parsePolicy, type PolicyModel } from '../cce-policy/read/policy-model.js';
import type { ParsedContract } from '../contract/check.js';
import { CONTRACT_DIGEST_VARIABLE } from '../contract/room-plan.js';
import { EXIT } from '../base/error-codes.js';
import { PLAIN_NOTICE } from '../contract/plain-notice.js';
import { CleanroomError } from '../base/errors.js';
import { releasePolicyProblems } from '../contract/release-policy/lint.js';
import { type Check, CheckList, decide, type Verdict } from '../base/verdict/check.js';

/** What could not be had, and why: its checks are listed as skipped. */
export interface Unread {
  readonly kind: 'unread';
  readonly reason: string;
}

/** What was had and does not hold: its check fails. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

/** A policy's text. */
export interface ReadPolicy {
  readonly kind: 'read';
  readonly text: string;
}

/** What a dataset's key says about its release. */
export interface ReadKey {
  readonly kind: 'read';
  /** JSON text of the release policy; null where the key has none. */
  readonly releasePolicy: string | null;
  readonly immutable: boolean | null;
}

export interface ReadRoom {
  readonly kind: 'read';
  readonly name: string;
  /** As the platform tells it; null for a group without a policy. */
  readonly ccePolicy: string | null;
}

export interface VerifyPolicyInput {
  readonly parsed: ParsedContract;
  /** The policy recomputed from contract and images. */
  readonly recomputed: ReadPolicy | Unread;
  readonly file: ReadPolicy | Unread;
  /** By dataset id. */
  readonly keys: ReadonlyMap<string, ReadKey | Unread>;
  readonly room: ReadRoom | Unread;
  /** HOST_DATA of a report of the room that was verified, hex. */
  readonly hostData: string | Unread | Refused;
}

export interface PolicyVerification extends Verdict {
  /** Hash of the policy that was judged: the recomputed one where images were at hand, else the file's, else the room's. */
  readonly policyHash: string;
  readonly findings: readonly PolicyFinding[];
  /** Where file or room differ from the recomputed policy. */
  readonly differences: readonly PolicyDifference[];
  /** 0; 4 for findings of lint or a policy file that drifted; 5 where key, room or contract do not hold to the policy. */
  readonly exitCode: number;
}

/**
 * Judges the policy of a contract.
 *
 * @throws CleanroomError USAGE where neither images, nor a policy file, nor a room is at hand.
 */
export function verifyPolicy(input: VerifyPolicyInput): PolicyVerification {
  const { policy: judged, from } = policyToJudge(input);
  const checks = new CheckList();
  const findings = lintPolicy(judged, { trustedWithKeys: input.parsed.contract.room.trustedWithKeys ?? [] });
  checkRecomputed(checks, input);
  const room = from === 'room' ? notCompared(input.room) : input.room;
  const differences = [...checkFile(checks, input, judged), ...checkRoom(checks, room, judged)];
  checkHostData(checks, input.hostData, judged);
  checkContract(checks, input.parsed, judged);
  checkPublic(checks, input.room, judged);
  checkLint(checks, findings);
  for (const { id } of input.parsed.contract.datasets) {
    checkKey(checks, id, input.keys.get(id) ?? notGiven(`the key of ${id}`), input.parsed, judged);
  }
  const trust = input.parsed.contract.trust === undefined ? 'service' : 'emulated';
  const verdict = decide(checks.list(), trust);
  return { ...verdict, policyHash: judged.hash, findings, differences, exitCode: exitCodeOf(verdict.checks) };
}

interface JudgedPolicy {
  readonly policy: PolicyModel;
  readonly from: 'images' | 'file' | 'room';
}

function policyToJudge({ recomputed, file, room }: VerifyPolicyInput): JudgedPolicy {
  if (recomputed.kind === 'read') return { policy: parsePolicy(recomputed.text), from: 'images' };
  if (file.kind === 'read') return { policy: parsePolicy(file.text), from: 'file' };
  const ofRoom = policyOfRoom(room);
  if (ofRoom !== null) return { policy: ofRoom, from: 'room' };
  throw new CleanroomError('USAGE', `there is no policy to verify: ${recomputed.reason}`, {
    hint: 'Give the images (--image NAME=ARCHIVE), a policy file (--policy FILE) or a room (--room NAME).',
  });
}

/* Null for a room that was not read, has no policy, or one that is no base64 of Rego. */
function policyOfRoom(room: ReadRoom | Unread): PolicyModel | null {
  const text = room.kind === 'read' && room.ccePolicy !== null ? decodePolicy(room.ccePolicy) : null;
  return text === null ? null : parsePolicy(text);
}

/* A policy that agrees with itself says nothing. */
function notCompared(room: ReadRoom | Unread): Unread {
  const name = room.kind === 'read' ? room.name : 'the room';
  return {
    kind: 'unread',
    reason: `there is nothing to compare the policy of ${name} with: neither images (--image) nor a policy file (--policy)`,
  };
}

function notGiven(what: string): Unread {
  return { kind: 'unread', reason: `${what} was not given` };
}

function checkRecomputed(checks: CheckList, { recomputed }: VerifyPolicyInput): void {
  if (recomputed.kind === 'unread') {
    checks.skip('POLICY_RECOMPUTED', {
      reason: `not recomputed from the images: ${recomputed.reason}`,
    });
    return;
  }
  checks.pass('POLICY_RECOMPUTED', { actual: parsePolicy(recomputed.text).hash });
}

function checkFile(
  checks: CheckList,
  { recomputed, file }: VerifyPolicyInput,
  judged: PolicyModel,
): readonly PolicyDifference[] {
  if (file.kind === 'unread' || recomputed.kind === 'unread') {
    const reason =
      file.kind === 'unread' ? file.reason : 'there is nothing recomputed to compare the file with';
    checks.skip('POLICY_FILE', { reason });
    return [];
  }
  return compare(checks, 'POLICY_FILE', judged, parsePolicy(file.text));
}

function compare(
  checks: CheckList,
  id: string,
  expected: PolicyModel,
  actual: PolicyModel,
): readonly PolicyDifference[] {
  const differences = diffPolicies(expected, actual);
  checks.record(id, expected.hash === actual.hash, {
    expected: expected.hash,
    actual: actual.hash,
    ...(differences.length === 0 ? {} : { reason: summarize(differences) }),
  });
  return differences;
}

const SHOWN = 5;

function summarize(differences: readonly PolicyDifference[]): string {
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : '';
  return (
    differences
      .slice(0, SHOWN)
      .map(({ message }) => message)
      .join('; ') + more
  );
}

function checkRoom(
  checks: CheckList,
  room: ReadRoom | Unread,
  judged: PolicyModel,
): readonly PolicyDifference[] {
  if (room.kind === 'unread') {
    checks.skip('ROOM_POLICY', { reason: room.reason });
    return [];
  }
  const actual = policyOfRoom(room);
  if (actual === null) {
    const reason =
      room.ccePolicy === null
        ? `${room.name} runs without a policy. ${PLAIN_NOTICE}`
        : `the ccePolicy of ${room.name} is not base64 of Rego`;
    checks.fail('ROOM_POLICY', { expected: judged.hash, reason });
    return [];
  }
  return compare(checks, 'ROOM_POLICY', judged, actual);
}

function checkHostData(
  checks: CheckList,
  hostData: VerifyPolicyInput['hostData'],
  judged: PolicyModel,
): void {
  const spec = 'AMD 56860, HOST_DATA';
  const expected = judged.hash;
  if (typeof hostData !== 'string') {
    const { kind, reason } = hostData;
    if (kind === 'unread') checks.skip('HOST_DATA', { reason, spec });
    else checks.fail('HOST_DATA', { expected, reason, spec });
    return;
  }
  const holds = hostData === expected;
  const reason = holds ? {} : { reason: 'the room was started under another policy than this one' };
  checks.record('HOST_DATA', holds, { expected, actual: hostData, ...reason, spec });
}

/* A policy that allows everything may be the agreed one, byte for byte, and protects nothing all the same. */
function checkPublic(checks: CheckList, room: ReadRoom | Unread, judged: PolicyModel): void {
  const policies = [judged, policyOfRoom(room)].flatMap((policy) => policy ?? []);
  const open = policies.find(allowsEverything);
  checks.record('POLICY_NOT_PUBLIC', open === undefined, {
    actual: (open ?? judged).hash,
    ...(open === undefined
      ? {}
      : { reason: 'the policy allows everything: its hash is public and says nothing about what runs' }),
  });
}

/* Without images, this still ties the policy to the contract. */
function checkContract(checks: CheckList, { digest }: ParsedContract, judged: PolicyModel): void {
  const problem = contractPinProblem(judged, digest);
  const expected = `${CONTRACT_DIGEST_VARIABLE}=${digest} by one exact, required rule, and by no other`;
  checks.record('CONTRACT_PINNED', problem === null, {
    expected,
    actual: problem ?? expected,
    ...(problem === null ? {} : { reason: 'the room would run under another contract, or under none' }),
  });
}

function checkLint(checks: CheckList, findings: readonly PolicyFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) {
    checks.pass('POLICY_LINT', { actual: `${findings.length} findings, none of them an error` });
    return;
  }
  checks.fail('POLICY_LINT', {
    expected: 'no error',
    actual: [...new Set(errors.map(({ id }) => id))].join(', '),
    reason: errors
      .slice(0, SHOWN)
      .map(({ example }) => example)
      .join('; '),
  });
}

/* Every branch and every clause: one weak branch is enough to lose the key. */
function checkKey(
  checks: CheckList,
  dataset: string,
  key: ReadKey | Unread,
  { contract }: ParsedContract,
  judged: PolicyModel,
): void {
  const spec = `dataset ${dataset}`;
  if (key.kind === 'unread') {
    checks.skip('KEY_RELEASE_POLICY', { reason: key.reason, spec });
    checks.skip('KEY_POLICY_IMMUTABLE', { reason: key.reason, spec });
    return;
  }
  const problems = releasePolicyProblems(key.releasePolicy, contract, judged.hash);
  checks.record('KEY_RELEASE_POLICY', problems.length === 0, {
    expected: judged.hash,
    actual: problems.length === 0 ? 'every branch demands it' : problems.slice(0, SHOWN).join('; '),
    ...(problems.length === 0 ? {} : { reason: `the key of ${dataset} is not bound to this policy` }),
    spec,
  });
  if (key.immutable === null) checks.skip('KEY_POLICY_IMMUTABLE', { reason: 'a file does not say', spec });
  else {
    checks.record('KEY_POLICY_IMMUTABLE', key.immutable, {
      ...(key.immutable
        ? {}
        : { reason: `whoever manages the key of ${dataset} may bind it to another policy` }),
      spec,
    });
  }
}

function exitCodeOf(checks: readonly Check[]): number {
  const failed = checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  if (failed.length === 0) return EXIT.ok;
  return failed.every((id) => id === 'POLICY_LINT' || id === 'POLICY_FILE') ? EXIT.unsafe : EXIT.refused;
}
