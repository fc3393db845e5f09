// Release policy text to value. Strict: unknown members, empty groups and two operators in a clause are refused.

import type { Json } from '../../base/bytes/canonical-json.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import {
  type AuthorityBranch,
  type ClaimValue,
  type Clause,
  type Condition,
  type ConditionGroup,
  nonEmpty,
  type NonEmpty,
  type Operator,
  OPERATORS,
  type ReleasePolicy,
} from './grammar.js';

const MAX_POLICY_CHARACTERS = 256 * 1024;
const MAX_DEPTH = 32;
const VERSIONS = ['1.0.0', '1.0', '0.2'];
const AUTHORITY = /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?\/?$/;

type JsonObject = Readonly<Record<string, Json | undefined>>;

/**
 * Reads a release policy from the JSON text that a vault holds (`release_policy.data`, decoded).
 *
 * @throws CleanroomError RELEASE_POLICY_MALFORMED, naming the path.
 */
export function parseReleasePolicy(text: string): ReleasePolicy {
  if (text.length > MAX_POLICY_CHARACTERS) throw malformed('policy', 'too large');
  let value: Json;
  try {
    value = parseStrictJson(text, { maxDepth: MAX_DEPTH });
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw malformed('policy', cause.message);
  }
  return readReleasePolicy(value);
}

/** As `parseReleasePolicy`, from a value that was read strictly already. @throws CleanroomError RELEASE_POLICY_MALFORMED */
export function readReleasePolicy(value: Json): ReleasePolicy {
  const policy = object(value, 'policy');
  onlyMembers(policy, ['version', 'anyOf'], 'policy');
  const version = policy['version'];
  if (typeof version !== 'string' || !VERSIONS.includes(version)) {
    throw malformed('version', `must be one of ${VERSIONS.join(', ')}`);
  }
  return { version, anyOf: list(policy['anyOf'], 'anyOf', readBranch) };
}

function readBranch(value: Json, path: string): AuthorityBranch {
  const branch = object(value, path);
  onlyMembers(branch, ['authority', 'allOf', 'anyOf'], path);
  const authority = branch['authority'];
  if (typeof authority !== 'string' || !AUTHORITY.test(authority)) {
    throw malformed(`${path}.authority`, 'must be an https URL of a host');
  }
  return { authority, ...readGroup(branch, path) };
}

function readGroup(value: JsonObject, path: string): ConditionGroup {
  const [match, second] = (['allOf', 'anyOf'] as const).filter((name) => value[name] !== undefined);
  if (match === undefined || second !== undefined) throw malformed(path, 'needs one of allOf and anyOf');
  return { match, conditions: list(value[match], `${path}.${match}`, readCondition) };
}

function readCondition(value: Json, path: string): Condition {
  const condition = object(value, path);
  if (condition['claim'] !== undefined) return readClause(condition, path);
  onlyMembers(condition, ['allOf', 'anyOf'], path);
  return readGroup(condition, path);
}

function readClause(value: JsonObject, path: string): Clause {
  onlyMembers(value, ['claim', ...OPERATORS], path);
  const claim = value['claim'];
  if (typeof claim !== 'string' || claim === '') throw malformed(`${path}.claim`, 'must be a claim name');
  const [operator, second] = OPERATORS.filter((name) => value[name] !== undefined);
  if (operator === undefined || second !== undefined) throw malformed(path, 'needs exactly one operator');
  return { claim, operator, value: readValue(value[operator], operator, `${path}.${operator}`) };
}

function readValue(value: Json | undefined, operator: Operator, path: string): ClaimValue {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw malformed(path, 'must be a string, a number or a boolean');
  }
  if (operator === 'exists' && !['true', 'false'].includes(String(value))) {
    throw malformed(path, 'must be true or false');
  }
  return value;
}

function list<T>(value: Json | undefined, path: string, read: (item: Json, path: string) => T): NonEmpty<T> {
  if (!Array.isArray(value)) throw malformed(path, 'must be a list');
  const items = nonEmpty(value.map((item: Json, index) => read(item, `${path}[${index}]`)));
  if (items === null) throw malformed(path, 'is empty: it would demand nothing');
  return items;
}

function object(value: Json, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(path, 'must be an object');
  }
  return value as JsonObject;
}

function onlyMembers(value: JsonObject, known: readonly string[], path: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(path, `unknown member ${JSON.stringify(unknown)}`);
}

function malformed(path: string, problem: string): CleanroomError {
  return new CleanroomError('RELEASE_POLICY_MALFORMED', `release policy: ${path}: ${problem}`);
}
