// Attestation token: a JWS in compact form (RFC 7515 §7.1), read and not verified.

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface AttestationToken {
  /** The compact form, as it came. */
  readonly raw: string;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** The bytes that are signed: the first two parts as received. */
  readonly signingInput: Uint8Array;
  /** Empty where the third part is. */
  readonly signature: Uint8Array;
}

const MAX_TOKEN_CHARACTERS = 256 * 1024;

/**
 * Reads three base64url parts without padding, the first two of them JSON objects without duplicate members.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED
 */
export function parseAttestationToken(text: string): AttestationToken {
  if (text.length > MAX_TOKEN_CHARACTERS) throw malformed(`${text.length} characters`);
  const parts = text.split('.');
  const [header, claims, signature] = parts;
  if (parts.length !== 3 || header === undefined || claims === undefined || signature === undefined) {
    throw malformed(`${parts.length} parts, not three`);
  }
  const signatureBytes = fromBase64Url(signature);
  if (signatureBytes === null) throw malformed('the signature is not base64url');
  return {
    raw: text,
    header: readPart(header, 'header'),
    claims: readPart(claims, 'payload'),
    signingInput: utf8(`${header}.${claims}`),
    signature: signatureBytes,
  };
}

function readPart(part: string, name: string): JsonObject {
  const bytes = fromBase64Url(part);
  const text = bytes === null ? null : decodeUtf8(bytes);
  if (text === null) throw malformed(`the ${name} is not base64url of UTF-8`);
  let value: unknown;
  try {
    value = parseStrictJson(text, { maxDepth: 32 });
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw malformed(`the ${name}: ${cause.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`the ${name} is no JSON object`);
  }
  return value as JsonObject;
}

function malformed(reason: string): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `not an attestation token: ${reason}`);
}
