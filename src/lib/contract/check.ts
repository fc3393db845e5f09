// The contract as a checked value, and its digest (RFC 8785, SHA-256). No YAML here: the room reads canonical JSON only.

import * as v from 'valibot';

import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { findContradictions } from './consistency.js';
import { type Contract, ContractSchema } from './schema.js';

/** A contract that has the right form and does not contradict itself; nothing in it has been signed or agreed yet. */
export interface ParsedContract {
  readonly contract: Contract;
  /** RFC 8785 text: what is hashed, signed and stored. */
  readonly canonical: string;
  /** SHA-256 of `canonical`. */
  readonly digest: Sha256Hex;
}

/** Checks a value that has been read already (from canonical JSON). @throws CleanroomError CONTRACT_INVALID */
export function checkContract(value: unknown): ParsedContract {
  const outcome = v.safeParse(ContractSchema, value);
  if (!outcome.success) throw invalid(outcome.issues.map(describeIssue));
  const contradictions = findContradictions(outcome.output);
  if (contradictions.length > 0) throw invalid(contradictions);
  const canonical = canonicalJson(outcome.output);
  return { contract: outcome.output, canonical, digest: sha256Hex(canonical) };
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? [])
    .map((item) => (typeof item.key === 'number' ? `[${item.key}]` : `.${String(item.key)}`))
    .join('');
  return `${path.replace(/^\./, '') || 'contract'}: ${issue.message}`;
}

function invalid(problems: readonly string[]): CleanroomError {
  const shown = problems.slice(0, 20);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  return new CleanroomError('CONTRACT_INVALID', shown.join('; ') + more);
}
