// Secure key release policy of Key Vault and Managed HSM, grammar 1.0.0: the value, and its JSON text.

import type { Json } from '../../base/bytes/canonical-json.js';

/** At least one: an empty group would be vacuously true, so there is no way to write it. */
export type NonEmpty<T> = readonly [T, ...T[]];

export const OPERATORS = [
  'equals',
  'notEquals',
  'less',
  'lessOrEquals',
  'greater',
  'greaterOrEquals',
  'exists',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type ClaimValue = string | number | boolean;

/** One demand on one claim; nested claims are named by a dotted path. */
export interface Clause {
  readonly claim: string;
  readonly operator: Operator;
  readonly value: ClaimValue;
}

export interface ConditionGroup {
  readonly match: 'allOf' | 'anyOf';
  readonly conditions: NonEmpty<Condition>;
}

export type Condition = Clause | ConditionGroup;

/** The demands on tokens of one attestation service. */
export interface AuthorityBranch extends ConditionGroup {
  /** https URL; equals the token's `iss` but for a trailing slash. */
  readonly authority: string;
}

/** A policy: one branch must hold. */
export interface ReleasePolicy {
  /** `1.0.0`; older spellings are read, and reported by lint. */
  readonly version: string;
  readonly anyOf: NonEmpty<AuthorityBranch>;
}

export const RELEASE_POLICY_VERSION = '1.0.0';
export const RELEASE_POLICY_CONTENT_TYPE = 'application/json; charset=utf-8';

export function isClause(condition: Condition): condition is Clause {
  return 'claim' in condition;
}

/** `items` as a list that has at least one; null for an empty one. */
export function nonEmpty<T>(items: readonly T[]): NonEmpty<T> | null {
  const [first, ...rest] = items;
  return first === undefined ? null : [first, ...rest];
}

/** The JSON value in Azure's grammar. */
export function releasePolicyJson(policy: ReleasePolicy): Json {
  return {
    version: policy.version,
    anyOf: policy.anyOf.map((branch) => ({ authority: branch.authority, ...groupJson(branch) })),
  };
}

/** The JSON text that Azure takes (before its base64url); byte-stable for a given value. */
export function renderReleasePolicy(policy: ReleasePolicy): string {
  return JSON.stringify(releasePolicyJson(policy));
}

/** `https://Host/` and `https://host` are one authority. */
export function normaliseAuthority(authority: string): string {
  return authority.replace(/\/+$/, '').toLowerCase();
}

function groupJson(group: ConditionGroup): Record<string, Json> {
  return { [group.match]: group.conditions.map(conditionJson) };
}

function conditionJson(condition: Condition): Json {
  return isClause(condition)
    ? { claim: condition.claim, [condition.operator]: condition.value }
    : groupJson(condition);
}
