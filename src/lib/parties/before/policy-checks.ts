// Checks of policies: which one is judged, and whether file, room and report are the same as it.

import { diffPolicies } from '../../cce-policy/compare/diff-policies.js';
import type { PolicyDifference } from '../../cce-policy/compare/difference.js';
import type { Finding as PolicyFinding } from '../../cce-policy/lint/finding.js';
import { allowsEverything } from '../../cce-policy/read/allow-all.js';
import { contractPinProblem } from '../../cce-policy/read/contract-pin.js';
import { decodePolicy } from '../../cce-policy/read/policy-file.js';
import { parsePolicy, type PolicyModel } from '../../cce-policy/read/policy-model.js';
import { CleanroomError } from '../../base/errors.js';
import type { CheckList } from '../../base/verdict/check.js';
import { PLAIN_NOTICE } from '../../contract/plain-notice.js';
import { CONTRACT_DIGEST_VARIABLE } from '../../contract/room-plan.js';
import type { AgreementEvidence, ReadRoom, Unread } from './agreement-evidence.js';

export interface JudgedPolicy {
  readonly policy: PolicyModel;
  readonly text: string;
  readonly from: 'images' | 'file' | 'room';
}

/** The recomputed policy, else the file's, else the room's. @throws CleanroomError USAGE where there is none */
export function policyToJudge({ recomputed, file, room }: AgreementEvidence): JudgedPolicy {
  if (recomputed.kind === 'read') return judged(recomputed.text, 'images');
  if (file.kind === 'read') return judged(file.text, 'file');
  const ofRoom = policyOfRoom(room);
  if (ofRoom !== null) return judged(ofRoom, 'room');
  throw new CleanroomError('USAGE', `there is no policy to verify: ${recomputed.reason}`, {
    hint: 'Give the images (--image NAME=ARCHIVE), a policy file (--policy FILE) or a room (--room NAME).',
  });
}

/** Whether the policy was recomputed, and whether file and room have the same bytes. @returns where they differ */
export function checkSameBytes(
  checks: CheckList,
  { recomputed, file, room }: AgreementEvidence,
  { policy, from }: JudgedPolicy,
): readonly PolicyDifference[] {
  if (recomputed.kind === 'unread')
    checks.skip('POLICY_RECOMPUTED', { reason: `not recomputed from the images: ${recomputed.reason}` });
  else checks.pass('POLICY_RECOMPUTED', { actual: policy.hash });
  return [
    ...checkFile(checks, { recomputed, file }, policy),
    ...checkRoom(checks, from === 'room' ? notCompared(room) : room, policy),
  ];
}

/** Whether the report of a room names the policy. */
export function checkHostData(
  checks: CheckList,
  { hostData }: AgreementEvidence,
  { policy: { hash: expected } }: JudgedPolicy,
): void {
  const spec = 'AMD 56860, HOST_DATA';
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

/** Without images, this still ties the policy to the contract. */
export function checkContractPinned(
  checks: CheckList,
  { parsed: { digest } }: AgreementEvidence,
  { policy }: JudgedPolicy,
): void {
  const problem = contractPinProblem(policy, digest);
  const expected = `${CONTRACT_DIGEST_VARIABLE}=${digest} by one exact, required rule, and by no other`;
  checks.record('CONTRACT_PINNED', problem === null, {
    expected,
    actual: problem ?? digest,
    ...(problem === null ? {} : { reason: 'the room would run under another contract, or under none' }),
  });
}

/** A policy that allows everything may be the agreed one, byte for byte, and protects nothing all the same. */
export function checkNotPublic(
  checks: CheckList,
  { room }: AgreementEvidence,
  { policy }: JudgedPolicy,
): void {
  const ofRoom = policyOfRoom(room);
  const open = [policy, ...(ofRoom === null ? [] : [parsePolicy(ofRoom)])].find(allowsEverything);
  checks.record('POLICY_NOT_PUBLIC', open === undefined, {
    actual: (open ?? policy).hash,
    ...(open === undefined
      ? {}
      : { reason: 'the policy allows everything: its hash is public and does not show what runs' }),
  });
}

/** Whether lint finds an error; warnings and notes are counted. */
export function checkLint(checks: CheckList, findings: readonly PolicyFinding[]): void {
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

const SHOWN = 5;

function judged(text: string, from: JudgedPolicy['from']): JudgedPolicy {
  return { policy: parsePolicy(text), text, from };
}

/* Null for a room that was not read, has no policy, or one that is no base64 of Rego. */
function policyOfRoom(room: ReadRoom | Unread): string | null {
  return room.kind === 'read' && room.ccePolicy !== null ? decodePolicy(room.ccePolicy) : null;
}

/* A policy that agrees with itself says nothing. */
function notCompared(room: ReadRoom | Unread): Unread {
  const name = room.kind === 'read' ? room.name : 'the room';
  return {
    kind: 'unread',
    reason: `the policy of ${name} cannot be compared: give images (--image) or a policy file (--policy)`,
  };
}

function checkFile(
  checks: CheckList,
  { recomputed, file }: Pick<AgreementEvidence, 'recomputed' | 'file'>,
  policy: PolicyModel,
): readonly PolicyDifference[] {
  if (file.kind === 'unread' || recomputed.kind === 'unread') {
    const reason =
      file.kind === 'unread' ? file.reason : 'there is nothing recomputed to compare the file with';
    checks.skip('POLICY_FILE', { reason });
    return [];
  }
  return compare(checks, 'POLICY_FILE', policy, parsePolicy(file.text));
}

function checkRoom(
  checks: CheckList,
  room: ReadRoom | Unread,
  policy: PolicyModel,
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
    checks.fail('ROOM_POLICY', { expected: policy.hash, reason });
    return [];
  }
  return compare(checks, 'ROOM_POLICY', policy, parsePolicy(actual));
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

function summarize(differences: readonly PolicyDifference[]): string {
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : '';
  return (
    differences
      .slice(0, SHOWN)
      .map(({ message }) => message)
      .join('; ') + more
  );
}
