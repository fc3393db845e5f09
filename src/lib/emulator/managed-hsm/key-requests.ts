// Members of create, import and update requests, and the rules of exportable keys and their release policies.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { parseReleasePolicy } from '../../contract/release-policy/parse.js';
import { asObject, memberIgnoringCase, type JsonObject } from '../http/messages.js';
import { MAX_POLICY_BYTES, type HostKind } from './constants.js';
import { badParameter, releaseRule } from './errors.js';
import type { KeyVersion, StoredPolicy } from './key-records.js';

const KEY_NAME = /^[0-9a-zA-Z-]{1,127}$/;
const DEFAULT_CONTENT_TYPE = 'application/json; charset=utf-8';

export interface RequestedAttributes {
  readonly enabled?: boolean;
  readonly notBefore?: number | null;
  readonly expires?: number | null;
  readonly exportable?: boolean;
}

/** @throws AzureError 400 for a name that no key can have. */
export function checkKeyName(kind: HostKind, name: string): void {
  if (!KEY_NAME.test(name))
    throw badParameter(kind, `The request URI contains an invalid name: ${name.slice(0, 127)}`);
}

export function readAttributes(kind: HostKind, request: JsonObject): RequestedAttributes {
  const attributes = asObject(request['attributes']) ?? {};
  const { enabled, exportable } = attributes;
  for (const value of [enabled, exportable]) {
    if (value !== undefined && value !== null && typeof value !== 'boolean')
      throw badParameter(kind, 'Property attributes has an invalid value.');
  }
  return {
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    ...(typeof exportable === 'boolean' ? { exportable } : {}),
    ...readTime(kind, attributes, 'nbf', 'notBefore'),
    ...readTime(kind, attributes, 'exp', 'expires'),
  };
}

function readTime<K extends string>(
  kind: HostKind,
  attributes: JsonObject,
  member: string,
  name: K,
): Partial<Record<K, number | null>> {
  const value = attributes[member];
  if (value === undefined) return {};
  if (value !== null && (typeof value !== 'number' || !Number.isInteger(value)))
    throw badParameter(kind, `Property attributes.${member} has an invalid value.`);
  return { [name]: value } as Partial<Record<K, number | null>>;
}

export function readTags(kind: HostKind, request: JsonObject): Record<string, string> | null {
  const tags = asObject(request['tags']);
  if (tags === null) return null;
  const entries = Object.entries(tags);
  if (entries.some(([, value]) => typeof value !== 'string'))
    throw badParameter(kind, 'Property tags has an invalid value.');
  return Object.fromEntries(entries as [string, string][]);
}

/**
 * The release policy of a request, in any of the four spellings of base64; null where there is none.
 *
 * @throws AzureError 400 for a policy outside the grammar; a managed HSM names a missing version.
 */
export function readPolicy(kind: HostKind, request: JsonObject): StoredPolicy | null {
  const member = asObject(memberIgnoringCase(request, 'release_policy'));
  if (member === null) return null;
  const { data, contentType, immutable } = member;
  const bytes = typeof data === 'string' ? fromAnyBase64(data) : null;
  const text = bytes === null ? null : decodeUtf8(bytes);
  if (text === null || text === '' || text.length > MAX_POLICY_BYTES)
    throw badParameter(kind, 'Key Release Policy: data is missing or cannot be decoded');
  checkPolicy(kind, text);
  return {
    contentType: typeof contentType === 'string' ? contentType : DEFAULT_CONTENT_TYPE,
    text: kind.rewritesPolicy ? rewritePolicy(text) : text,
    immutable: immutable === true,
  };
}

/* Members in the order of the grammar, no white space, nothing else changed (recorded 2022-05). */
const POLICY_ORDER = ['version', 'anyOf', 'authority', 'allOf', 'claim'];

function rewritePolicy(text: string): string {
  const place = (name: string): number => {
    const index = POLICY_ORDER.indexOf(name);
    return index < 0 ? POLICY_ORDER.length : index;
  };
  const ordered = (_: string, value: unknown): unknown =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => place(a) - place(b)));
  return JSON.stringify(JSON.parse(text), ordered);
}

function checkPolicy(kind: HostKind, text: string): void {
  try {
    parseReleasePolicy(text);
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    const missing = cause.message.includes(' version: ');
    throw badParameter(
      kind,
      missing ? "Key Release Policy: missing 'version' property" : `Key Release Policy: ${cause.message}`,
    );
  }
}

/** The rules of a new key (Key Vault 1004, 1005, 1006). */
export function checkExportRules(
  kind: HostKind,
  key: { readonly exportable: boolean; readonly kty: string; readonly releasePolicy: StoredPolicy | null },
): void {
  if (key.exportable && key.releasePolicy === null) throw releaseRule(kind, 1004);
  if (!key.exportable && key.releasePolicy !== null) throw releaseRule(kind, 1005);
  if (key.exportable && !key.kty.endsWith('-HSM')) throw releaseRule(kind, 1006);
}

/** The rules of a changed key (Key Vault 1005, 1014, 1016, 1020). */
export function checkUpdateRules(
  kind: HostKind,
  key: KeyVersion,
  requested: { readonly exportable?: boolean; readonly policy: StoredPolicy | null },
  names: 'a-version' | 'the-latest',
): void {
  if (requested.exportable !== undefined && requested.exportable !== key.exportable)
    throw releaseRule(kind, 1014);
  if (requested.policy === null) return;
  if (!key.exportable) throw releaseRule(kind, 1005);
  if (key.releasePolicy?.immutable === true) throw releaseRule(kind, 1020);
  if (names === 'a-version' && kind.numberedErrors) throw releaseRule(kind, 1016);
}
