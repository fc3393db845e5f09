// The contract as a checked value, and its digest (RFC 8785, SHA-256). No YAML here: the room reads canonical JSON only.

import * as v from 'valibot';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { findContradictions } from './consistency.js';
import { describeIssue } from './describe-problem.js';
import { type Contract, CONTRACT_VERSION, ContractSchema } from './schema.js';

/** Largest contract that is read; one of 61 parties has 28 KB. */
export const MAX_CONTRACT_BYTES = 256 * 1024;

const MAX_SHOWN = 20;

/** A contract that has the right form and does not contradict itself; nothing in it has been signed or agreed yet. */
export interface ParsedContract {
  readonly contract: Contract;
  /** RFC 8785 text: what is hashed, signed and stored. */
  readonly canonical: string;
  /** SHA-256 of `canonical`. */
  readonly digest: Sha256Hex;
}

/**
 * Checks a value that has been read already (from canonical JSON).
 *
 * @throws CleanroomError CONTRACT_VERSION (of another version of the form), CONTRACT_INVALID (names each path), ROOM_PORT_UNUSABLE
 */
export function checkContract(value: unknown): ParsedContract {
  refuseOtherVersion(value);
  const outcome = v.safeParse(ContractSchema, value);
  if (!outcome.success) throw invalid([...new Set(outcome.issues.flatMap((issue) => describeIssue(issue)))]);
  const contradictions = findContradictions(outcome.output);
  if (contradictions.length > 0) throw invalid(contradictions);
  requireOpenPorts(outcome.output);
  const canonical = canonicalJson(outcome.output);
  if (utf8(canonical).length > MAX_CONTRACT_BYTES)
    throw invalid([`contract: longer than ${MAX_CONTRACT_BYTES} bytes in its canonical form`]);
  return { contract: outcome.output, canonical, digest: sha256Hex(canonical) };
}

/* Ports below it need CAP_NET_BIND_SERVICE, which the room drops with all others: Linux ip_unprivileged_port_start. */
const FIRST_UNPRIVILEGED_PORT = 1024;

function requireOpenPorts({ room }: Contract): void {
  const port = room.ports.find((each) => each < FIRST_UNPRIVILEGED_PORT);
  if (port === undefined) return;
  throw new CleanroomError(
    'ROOM_PORT_UNUSABLE',
    `room.ports: the room has no capabilities and cannot listen on ${port}; take one from ${FIRST_UNPRIVILEGED_PORT}`,
  );
}

/** The version that a value says it is of; null where it says none. */
export function versionOf(value: unknown): number | null {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : null;
  return typeof version === 'number' && Number.isSafeInteger(version) ? version : null;
}

function refuseOtherVersion(value: unknown): void {
  const version = versionOf(value);
  if (version === null || version === CONTRACT_VERSION) return;
  throw new CleanroomError(
    'CONTRACT_VERSION',
    `the contract has version ${version}; this toolkit writes and reads version ${CONTRACT_VERSION}`,
    {
      hint:
        version < CONTRACT_VERSION
          ? 'Write its successor, which every party signs anew, with: cleanroom contract renew -f contract.yaml'
          : 'Install the version of this toolkit that the contract was written with.',
    },
  );
}

function invalid(problems: readonly string[]): CleanroomError {
  const shown = problems.slice(0, MAX_SHOWN);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  return new CleanroomError('CONTRACT_INVALID', shown.join('; ') + more);
}
