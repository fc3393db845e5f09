// Evaluates a release policy as the vault does: one branch of the token's authority must hold; values are coerced.

import type { Json } from '../../base/bytes/canonical-json.js';
import { assertNever } from '../../base/errors.js';
import {
  type AuthorityBranch,
  type Clause,
  type Condition,
  isClause,
  normaliseAuthority,
  type ReleasePolicy,
} from './grammar.js';

/** Claims of a token whose signature and time have been checked by the caller. */
export type Claims = Readonly<Record<string, Json | undefined>>;

/** What became of one clause; every clause of every branch is listed, also those that could no longer matter. */
export interface ClauseResult {
  /** Place in the policy: `anyOf[0].allOf[2]`. */
  readonly path: string;
  readonly authority: string;
  readonly clause: Clause;
  /** The claim's value as text; null where the token has no such claim. */
  readonly actual: string | null;
  readonly satisfied: boolean;
}

export interface BranchResult {
  readonly authority: string;
  /** Whether the token was issued by this authority. */
  readonly authorityMatches: boolean;
  readonly satisfied: boolean;
}

export interface PolicyEvaluation {
  readonly satisfied: boolean;
  readonly branches: readonly BranchResult[];
  readonly clauses: readonly ClauseResult[];
}

/**
 * Evaluates `policy` over the claims of a token issued by `authority` (its verified `iss`). The token itself is not
 * checked here. A claim that is missing fails every operator but `exists: false`.
 */
export function evaluateReleasePolicy(
  policy: ReleasePolicy,
  claims: Claims,
  authority: string,
): PolicyEvaluation {
  const clauses: ClauseResult[] = [];
  const branches = policy.anyOf.map((branch, index): BranchResult => {
    const authorityMatches = normaliseAuthority(branch.authority) === normaliseAuthority(authority);
    const holds = evaluateGroup(branch, branch, `anyOf[${index}]`, claims, clauses);
    return { authority: branch.authority, authorityMatches, satisfied: authorityMatches && holds };
  });
  return { satisfied: branches.some((branch) => branch.satisfied), branches, clauses };
}

/* No short circuit: `why` shows every clause. */
function evaluateGroup(
  group: { readonly match: 'allOf' | 'anyOf'; readonly conditions: readonly Condition[] },
  branch: AuthorityBranch,
  path: string,
  claims: Claims,
  clauses: ClauseResult[],
): boolean {
  const results = group.conditions.map((condition, index) => {
    const place = `${path}.${group.match}[${index}]`;
    if (!isClause(condition)) return evaluateGroup(condition, branch, place, claims, clauses);
    const result = evaluateClause(condition, claims);
    clauses.push({ path: place, authority: branch.authority, clause: condition, ...result });
    return result.satisfied;
  });
  return group.match === 'allOf' ? results.every((held) => held) : results.some((held) => held);
}

function evaluateClause(clause: Clause, claims: Claims): { actual: string | null; satisfied: boolean } {
  const value = claimAt(claims, clause.claim);
  const scalar =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  const actual = value === undefined || value === null ? null : scalarText(value);
  if (clause.operator === 'exists')
    return { actual, satisfied: String(clause.value) === String(actual !== null) };
  return { actual, satisfied: scalar !== null && compare(clause, scalar) };
}

function compare({ operator, value }: Clause, actual: string | number | boolean): boolean {
  const [left, right] = [decimal(actual), decimal(value)];
  const ordered = left !== null && right !== null;
  switch (operator) {
    case 'equals':
      return String(actual) === String(value);
    case 'notEquals':
      return String(actual) !== String(value);
    case 'less':
      return ordered && left < right;
    case 'lessOrEquals':
      return ordered && left <= right;
    case 'greater':
      return ordered && left > right;
    case 'greaterOrEquals':
      return ordered && left >= right;
    case 'exists':
      return true;
    default:
      return assertNever(operator);
  }
}

/* A dotted path through own members; arrays are not entered. */
function claimAt(claims: Claims, path: string): Json | undefined {
  let value: Json | undefined = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

function decimal(value: string | number | boolean): number | null {
  if (typeof value === 'boolean') return null;
  return /^-?\d+(?:\.\d+)?$/.test(String(value)) ? Number(value) : null;
}

function scalarText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
