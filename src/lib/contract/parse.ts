// Contract: YAML or JSON text to a checked value, and its digest (RFC 8785, SHA-256).

import * as v from 'valibot';
import { LineCounter, parseDocument, visit } from 'yaml';

import { canonicalJson } from '../bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../bytes/digest.js';
import { CleanroomError } from '../errors.js';
import { findContradictions } from './consistency.js';
import { type Contract, ContractSchema } from './schema.js';

const MAX_CONTRACT_BYTES = 4 * 1024 * 1024;

/** A contract that has the right form and does not contradict itself; nothing in it has been signed or agreed yet. */
export interface ParsedContract {
  readonly contract: Contract;
  /** RFC 8785 text: what is hashed, signed and stored. */
  readonly canonical: string;
  /** SHA-256 of `canonical`. */
  readonly digest: Sha256Hex;
}

/**
 * Reads a contract from YAML (JSON is YAML). Anchors, aliases, tags and duplicate keys are refused, so that
 * the text has one meaning.
 *
 * @throws CleanroomError CONTRACT_MALFORMED (not unambiguous YAML; names the line), CONTRACT_INVALID (names each path).
 */
export function parseContract(text: string): ParsedContract {
  return checkContract(readYaml(text));
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

function readYaml(text: string): unknown {
  if (text.length > MAX_CONTRACT_BYTES) {
    throw new CleanroomError('CONTRACT_MALFORMED', `the contract is larger than ${MAX_CONTRACT_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    schema: 'core',
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new CleanroomError(
      'CONTRACT_MALFORMED',
      `line ${lines.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0] ?? ''}`,
      { cause: problem },
    );
  }
  visit(document, {
    Alias: (_key, node) => refuseNode('an alias', lines, node.range),
    Node: (_key, node) => {
      if (node.tag !== undefined && !isCoreTag(node.tag))
        refuseNode(`the tag ${node.tag}`, lines, node.range);
      if ('anchor' in node) refuseNode('an anchor', lines, node.range);
    },
  });
  return document.toJS();
}

function isCoreTag(tag: string): boolean {
  return /^tag:yaml\.org,2002:(?:map|seq|str|int|float|bool|null)$/.test(tag);
}

function refuseNode(what: string, lines: LineCounter, range: readonly number[] | null | undefined): void {
  const line = lines.linePos(range?.[0] ?? 0).line;
  throw new CleanroomError(
    'CONTRACT_MALFORMED',
    `line ${line}: ${what} gives the text more than one reading`,
  );
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
