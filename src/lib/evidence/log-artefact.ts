// What goes into a transparency log: which kind a file is, the digest it goes in under, and what it is called.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { parseCompactJws } from '../base/bytes/compact-jws.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { readPolicyFile } from '../cce-policy/read/policy-file.js';
import { parseContract } from '../contract/parse.js';
import { CleanroomError } from '../base/errors.js';
import type { EntryKind } from './entry-kinds.js';
import type { LogEntry } from './transparency-log.js';

/** `typ` of our signed statements, by kind. */
const STATEMENTS: readonly (readonly [string, EntryKind])[] = [
  ['cleanroom-consent+jws', 'consent'],
  ['cleanroom-seal+jws', 'seal-statement'],
  ['cleanroom-receipt+jws', 'receipt'],
  ['cleanroom-revocation+jws', 'tombstone'],
];

export interface Artefact extends Omit<LogEntry, 'at' | 'statement'> {
  /** Text of a policy, where it is at hand: its statement then holds it. */
  readonly policy?: string;
}

/**
 * Describes a file as an entry. A contract goes in under the digest of its canonical form, a policy under its hash, all
 * else under the SHA-256 of its text without surrounding white space.
 *
 * @param kind - what it is, where the caller knows; else found by content.
 * @throws CleanroomError LOG_ARTEFACT_UNKNOWN, and what the readers of contract and policy throw
 */
export function describeArtefact(bytes: Uint8Array, name: string, kind: EntryKind | null): Artefact {
  const text = decodeUtf8(bytes);
  if (text === null) throw new CleanroomError('LOG_ARTEFACT_UNKNOWN', `${name} is not text`);
  const found = kind ?? kindOf(text);
  if (found === null)
    throw new CleanroomError('LOG_ARTEFACT_UNKNOWN', `${name} is nothing that a log is kept of`);
  switch (found) {
    case 'contract': {
      const { contract, digest } = parseContract(text);
      return { kind: found, sha256: digest, subject: contract.name };
    }
    case 'policy': {
      const { hash, text: policy } = readPolicyFile(text);
      return { kind: found, sha256: hash, subject: name, policy };
    }
    default:
      return { kind: found, sha256: sha256Hex(text.trim()), subject: name };
  }
}

function kindOf(text: string): EntryKind | null {
  const typ = parseCompactJws(text.trim())?.header['typ'];
  if (typ !== undefined) return STATEMENTS.find(([name]) => name === typ)?.[1] ?? null;
  if (/^\s*package policy\s/.test(text)) return 'policy';
  if (/^version: \d+$/m.test(text) && /^parties:$/m.test(text)) return 'contract';
  if (/Microsoft\.ContainerInstance\/containerGroups/i.test(text)) return 'deployment';
  return null;
}
