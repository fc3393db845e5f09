// JSON as a Go program reads and writes it: leniently in, with HTML's signs escaped out (encoding/json, gin's binding).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { asObject } from '../http/messages.js';
import type { WireRequest, WireResponse } from '../http/wire.js';

/* Of the sidecar's structs. */
const PACKAGE = 'httpginendpoints';

/** A member of a Go struct: its name there, and in JSON. */
export interface GoField {
  readonly field: string;
  readonly json: string;
  /** `binding:"required"`: neither missing nor empty. */
  readonly required: boolean;
}

/** What a body could not be bound for, in Go's words. */
export class BindingError extends Error {
  override readonly name = 'BindingError';
}

/**
 * The string members of a body. As in Go, names are compared in any case, the last of several counts, and nothing behind
 * the first value is read.
 *
 * @param struct - name of the Go struct, which the words of a refusal have.
 * @throws BindingError
 */
export function bindJson(
  request: WireRequest,
  struct: string,
  fields: readonly GoField[],
): Readonly<Record<string, string>> {
  const members = Object.entries(readFirstObject(decodeUtf8(request.body) ?? '', struct));
  const bound: Record<string, string> = {};
  for (const { json } of fields) {
    const given = members.filter(([name]) => name.toLowerCase() === json).map(([, value]) => value);
    const wrong = given.find((value) => typeof value !== 'string' && value !== null);
    if (wrong !== undefined)
      throw new BindingError(
        `json: cannot unmarshal ${goKind(wrong)} into Go struct field ${struct}.${json} of type string`,
      );
    const last = given.filter((value) => typeof value === 'string').at(-1);
    bound[json] = typeof last === 'string' ? last : '';
  }
  const missing = fields.filter(({ json, required }) => required && bound[json] === '');
  if (missing.length === 0) return bound;
  throw new BindingError(
    missing
      .map(
        ({ field }) =>
          `Key: '${struct}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`,
      )
      .join('\n'),
  );
}

function readFirstObject(text: string, struct: string): Readonly<Record<string, Json | undefined>> {
  if (text.trim() === '') throw new BindingError('EOF');
  const end = endOfFirstValue(text);
  if (end === null) throw new BindingError('unexpected EOF');
  let value: Json;
  try {
    value = JSON.parse(text.slice(0, end)) as Json;
  } catch {
    throw new BindingError(`invalid character '${text.trim().slice(0, 1)}' looking for beginning of value`);
  }
  const object = asObject(value);
  if (object !== null || value === null) return object ?? {};
  throw new BindingError(
    `json: cannot unmarshal ${goKind(value)} into Go value of type ${PACKAGE}.${struct}`,
  );
}

/* Index behind the first value, by its brackets; null where they do not close. */
function endOfFirstValue(text: string): number | null {
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (match[0] === '{' || match[0] === '[') depth += 1;
    if (match[0] === '}' || match[0] === ']') depth -= 1;
    if (depth === 0) return match.index + match[0].length;
  }
  return depth === 0 ? text.length : null;
}

function goKind(value: Json | undefined): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** A JSON answer as gin writes it. */
export function goResponse(status: number, ...values: readonly Json[]): WireResponse {
  const text = values.map((value) => JSON.stringify(value)).join('');
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: text.replace(/[<>&\u2028\u2029]/g, escapeSign),
  };
}

function escapeSign(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
