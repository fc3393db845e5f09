// Reading requests and writing responses: the few forms that all services share.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import type { WireRequest, WireResponse } from './wire.js';

export type JsonObject = { readonly [name: string]: Json | undefined };

/** A JSON response. */
export function jsonResponse(
  status: number,
  value: Json,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache', ...headers },
    body: JSON.stringify(value),
  };
}

/** A response without a body. */
export function emptyResponse(status: number, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return { status, headers: { 'content-length': '0', ...headers } };
}

/** The body as a JSON object; null where it is none (also: duplicate members, not UTF-8). */
export function readJsonObject(request: WireRequest): JsonObject | null {
  const text = decodeUtf8(request.body);
  if (text === null) return null;
  try {
    return asObject(parseStrictJson(text));
  } catch {
    return null;
  }
}

/** `value` if it is a JSON object, else null. */
export function asObject(value: Json | undefined): JsonObject | null {
  return value === null || typeof value !== 'object' || Array.isArray(value) ? null : (value as JsonObject);
}

/** `value` if it is a list of strings, else null. */
export function asStringList(value: Json | undefined): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const items = value as readonly Json[];
  return items.every((item): item is string => typeof item === 'string') ? items : null;
}

/** A member by its name in any case: Azure's services do not tell `Hsm` from `hsm`. */
export function memberIgnoringCase(object: JsonObject, name: string): Json | undefined {
  const wanted = name.toLowerCase();
  const found = Object.keys(object).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : object[found];
}

/** The form fields of an `application/x-www-form-urlencoded` body. */
export function readForm(request: WireRequest): URLSearchParams {
  return new URLSearchParams(decodeUtf8(request.body) ?? '');
}

/** The token of an `Authorization: Bearer` header, or null. */
export function bearerToken(request: WireRequest): string | null {
  return /^Bearer +([^\s]+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? null;
}
