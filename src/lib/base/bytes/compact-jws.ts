// Compact JWS (RFC 7515 §7.1), read. Who signed it: es256.ts.

import { decodeUtf8 } from './arrays.js';
import { fromBase64Url } from './base64.js';
import type { Json } from './canonical-json.js';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

/** A JWS that is well formed; its signature has not been checked. */
export interface ParsedJws {
  readonly raw: string;
  readonly header: Readonly<Record<string, Json | undefined>>;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const MAX_CHARACTERS = 1024 * 1024;

/**
 * Whether a text of any length has the three parts of a compact JWS: base64url, of which the signature may be empty. Without a
 * pattern over the whole: over megabytes it overflows the stack of an engine that has stopped to optimize patterns.
 */
export function hasCompactForm(text: string): boolean {
  const parts = text.split('.', 4);
  const [header = '', payload = ''] = parts;
  return (
    parts.length === 3 &&
    header !== '' &&
    payload !== '' &&
    !parts.some((part) => /[^A-Za-z0-9_-]/.test(part))
  );
}

/** Parts of a compact JWS; null where the text is not exactly one (RFC 7515 §7.1), strict base64url and JSON. */
export function parseCompactJws(raw: string): ParsedJws | null {
  if (raw.length > MAX_CHARACTERS) return null;
  const parts = raw.split('.').map(fromBase64Url);
  const [headerBytes, payload, signature] = parts;
  if (parts.length !== 3 || headerBytes == null || payload == null || signature == null) return null;
  const header = readObject(headerBytes);
  return header === null ? null : { raw, header, payload, signature };
}

function readObject(bytes: Uint8Array): Readonly<Record<string, Json | undefined>> | null {
  try {
    const value = parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 });
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Readonly<Record<string, Json | undefined>>;
  } catch (cause) {
    if (cause instanceof StrictJsonError) return null;
    throw cause;
  }
}
