// Policies as they come in files: Rego text, its base64, or a template or container group that carries it.

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';

/** Longest policy file that is read, bytes. */
export const MAX_POLICY_FILE = 16 * 1024 * 1024;

export interface PolicyFile {
  /** Exactly the text that is hashed. */
  readonly text: string;
  readonly form: 'rego' | 'base64' | 'template';
  readonly hash: Sha256Hex;
}

/** SHA-256 of the policy's text: what a group under it has as HOST_DATA. */
export function policyHash(text: string): Sha256Hex {
  return sha256Hex(text);
}

/** The value of `ccePolicy` for a policy's text. */
export function encodePolicy(text: string): string {
  return toBase64(utf8(text));
}

/**
 * Finds the policy in a file's content, judging by the content alone.
 *
 * @param group - name of the container group where a template has several.
 * @throws CleanroomError POLICY_UNREADABLE (none of the three forms), TEMPLATE_GROUP_AMBIGUOUS
 */
export function readPolicyFile(content: string, group: string | null = null): PolicyFile {
  if (isRego(content)) return policyFile(content, 'rego');
  const trimmed = content.replace(/^\ufeff/, '').trim();
  if (trimmed.startsWith('{')) return policyFile(policyOfTemplate(trimmed, group), 'template');
  const decoded = decodePolicy(trimmed);
  if (decoded !== null) return policyFile(decoded, 'base64');
  throw new CleanroomError(
    'POLICY_UNREADABLE',
    trimmed === ''
      ? 'the file is empty'
      : 'the file is not Rego, base64 of Rego, or a template with a policy',
  );
}

/** The text of a `ccePolicy` value; null where it is not base64 of Rego. */
export function decodePolicy(base64: string): string | null {
  const bytes = fromBase64(base64.replace(/\s+/g, ''));
  const text = bytes === null ? null : decodeUtf8(bytes);
  return text !== null && isRego(text) ? text : null;
}

function policyFile(text: string, form: PolicyFile['form']): PolicyFile {
  return { text, form, hash: policyHash(text) };
}

/* A package clause, after comments and blank lines, makes a text Rego. Line by line: one pattern over all would need stack for each. */
function isRego(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end === -1 ? text.length : end);
    if (!/^[ \t\r]*(?:#|$)/.test(line)) return /^[ \t]*package[ \t]+[A-Za-z_]/.test(line);
    at += line.length + 1;
  }
  return false;
}

interface GroupPolicy {
  readonly name: string;
  readonly base64: string;
}

function policyOfTemplate(text: string, group: string | null): string {
  const found = groupPolicies(parseTemplateJson(text));
  const chosen = group === null ? found : found.filter(({ name }) => name === group);
  const [first, second] = chosen;
  if (first === undefined) {
    throw new CleanroomError('POLICY_UNREADABLE', 'the JSON has no container group with a ccePolicy');
  }
  if (second !== undefined) {
    throw new CleanroomError(
      'TEMPLATE_GROUP_AMBIGUOUS',
      `the template has several container groups with a policy: ${chosen.map(({ name }) => name).join(', ')}`,
    );
  }
  const policy = decodePolicy(first.base64);
  if (policy === null) {
    throw new CleanroomError('POLICY_UNREADABLE', `ccePolicy of ${first.name} is not base64 of Rego`);
  }
  return policy;
}

function parseTemplateJson(text: string): Json {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('POLICY_UNREADABLE', `the file looks like a template and is ${cause.message}`, {
      cause,
    });
  }
}

/* A template's resources, or a container group by itself as the service returns it. */
function groupPolicies(value: Json): readonly GroupPolicy[] {
  const resources = member(value, 'resources');
  const groups = Array.isArray(resources) ? (resources as readonly Json[]) : [value];
  return groups.flatMap((group, index) => {
    const holder = member(group, 'properties') ?? group;
    const base64 = member(member(holder, 'confidentialComputeProperties'), 'ccePolicy');
    if (typeof base64 !== 'string' || base64 === '') return [];
    const name = member(group, 'name');
    return [{ name: typeof name === 'string' ? name : `resource ${index}`, base64 }];
  });
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const object = value as { readonly [key: string]: Json | undefined };
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}
