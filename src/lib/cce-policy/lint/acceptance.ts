// Findings that somebody has looked at and accepts: a reviewed file that names each by id and digest, with a reason.

import type { Json } from '../../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { ContainerRule } from '../policy-document.js';
import { containerLabel } from './container-label.js';
import type { Finding } from './finding.js';
import { LINT_RULES, type LintId } from './lint-rules.js';

/** A finding that can be named in a file of acceptances. */
export interface PolicyFinding extends Finding {
  /** SHA-256 over the id, what it is about, and layers and command of its container: another image is another finding. */
  readonly digest: Sha256Hex;
}

/** A finding, and the reason for which it was accepted; null where it was not. */
export interface JudgedFinding extends PolicyFinding {
  readonly accepted: string | null;
}

export interface Acceptance {
  readonly id: LintId;
  readonly digest: string;
  readonly reason: string;
}

/* Nobody can say what such a policy allows, so nobody can accept it. */
const NEVER: readonly LintId[] = ['POLICY_FORM', 'POLICY_ALLOW_ALL', 'SECRET_IN_POLICY'];

/** The finding with its digest. */
export function identified(finding: Finding, containers: readonly ContainerRule[]): PolicyFinding {
  const { id, where, about } = finding;
  const subjects = containers
    .filter((rule, index) => where !== null && containerLabel(rule, index) === where)
    .map(({ layers, command }) => ({ layers, command }));
  return { ...finding, digest: sha256Hex(JSON.stringify([id, where, about, subjects])) };
}

/**
 * Reads `{"accepted": [{"id", "digest", "reason"}]}`.
 *
 * @throws CleanroomError LINT_ACCEPTANCE_INVALID for anything else, an id that lint has not, one that cannot be
 *   accepted, or an empty reason.
 */
export function parseAcceptances(text: string): readonly Acceptance[] {
  const list = member(parse(text), ['accepted'], 'the file')['accepted'];
  if (!Array.isArray(list)) throw invalid('accepted is not a list');
  return (list as readonly Json[]).map((item, index) => readAcceptance(item, `accepted[${index}]`));
}

function parse(text: string): Json {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw invalid(`it is not JSON: ${cause.message}`);
  }
}

function readAcceptance(value: Json, path: string): Acceptance {
  const { id, digest, reason } = member(value, ['id', 'digest', 'reason'], path);
  if (typeof id !== 'string' || !isLintId(id)) throw invalid(`${path}.id is no finding of lint`);
  if (NEVER.includes(id)) throw invalid(`${path}: ${id} cannot be accepted`);
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
    throw invalid(`${path}.digest is not the digest of a finding, 64 lower-case hex digits`);
  }
  if (typeof reason !== 'string' || reason.trim() === '') throw invalid(`${path}.reason is missing`);
  return { id, digest, reason };
}

function isLintId(text: string): text is LintId {
  return Object.hasOwn(LINT_RULES, text);
}

function member(
  value: Json,
  names: readonly string[],
  path: string,
): Readonly<Record<string, Json | undefined>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${path} is no object`);
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw invalid(`${path} has ${unknown.join(', ')}, which is not known`);
  return value as Readonly<Record<string, Json | undefined>>;
}

function invalid(what: string): CleanroomError {
  return new CleanroomError('LINT_ACCEPTANCE_INVALID', `the file of accepted findings: ${what}`);
}

/** Every finding with the reason of its acceptance, and the acceptances that no finding answers to. */
export function applyAcceptances(
  findings: readonly PolicyFinding[],
  acceptances: readonly Acceptance[],
): { readonly findings: readonly JudgedFinding[]; readonly unused: readonly Acceptance[] } {
  const answers = (acceptance: Acceptance, { id, digest }: PolicyFinding): boolean =>
    acceptance.id === id && acceptance.digest === digest;
  return {
    findings: findings.map((finding) => ({
      ...finding,
      accepted: acceptances.find((acceptance) => answers(acceptance, finding))?.reason ?? null,
    })),
    unused: acceptances.filter((acceptance) => !findings.some((finding) => answers(acceptance, finding))),
  };
}
