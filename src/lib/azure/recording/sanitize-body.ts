// Bodies of recorded exchanges: the members and words of Azure's interfaces, with every other value replaced by its kind.

import { DICTIONARIES, ELEMENTS, MEMBERS, NAMES, NUMBERS, TEXTS } from './allow-list.js';
import type { Pseudonym } from './pseudonyms.js';
import { sanitizeReference } from './sanitize-location.js';

export type RecordedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly json: unknown }
  | { readonly kind: 'form'; readonly form: unknown }
  | { readonly kind: 'xml'; readonly elements: readonly string[] }
  /** Anything else; its length rounded up to a power of two, from 1024. */
  | { readonly kind: 'bytes'; readonly atMost: number };

export interface WireBody {
  /** As text where it is read whole; null: a stream, of which the length is known at most. */
  readonly text: string | null;
  readonly length: number;
}

const DEEPEST = 40;
const UNKNOWN = '<member>';

/** What is kept of a body. */
export function sanitizeBody({ text, length }: WireBody, contentType: string, name: Pseudonym): RecordedBody {
  if (length === 0) return { kind: 'none' };
  if (text !== null && /json/i.test(contentType)) {
    const json = parsed(text);
    if (json !== undefined) return { kind: 'json', json: sanitizeJson(json, name) };
  }
  if (text !== null && /x-www-form-urlencoded/i.test(contentType)) {
    return { kind: 'form', form: sanitizeJson(Object.fromEntries(new URLSearchParams(text)), name) };
  }
  if (text !== null && /xml/i.test(contentType)) {
    const elements = [...text.matchAll(/<([A-Za-z]+)[\s/>]/g)].map(([, element = '']) => element);
    return { kind: 'xml', elements: [...new Set(elements.map((one) => (ELEMENTS.has(one) ? one : '?')))] };
  }
  return { kind: 'bytes', atMost: Math.max(1024, 2 ** Math.ceil(Math.log2(length))) };
}

/** A JSON value with nothing of the user's left in it. */
export function sanitizeJson(value: unknown, name: Pseudonym): unknown {
  return sanitize(value, '', name, 0);
}

function sanitize(value: unknown, member: string, name: Pseudonym, depth: number): unknown {
  if (depth > DEEPEST) return '<deep>';
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return NUMBERS.has(member) ? value : '<number>';
    case 'string':
      return sanitizeText(value, member, name);
    default:
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item) => sanitize(item, member, name, depth + 1));
      return sanitizeObject(value as object, member, name, depth + 1);
  }
}

function sanitizeText(text: string, member: string, name: Pseudonym): string {
  if (TEXTS[member]?.test(text) === true) return text;
  const reference = REFERENCES.has(member) ? sanitizeReference(text, name) : null;
  if (reference !== null) return reference;
  if (NAMES.has(member) && text !== '') return name('name', text);
  return text === '' ? '' : '<text>';
}

const REFERENCES: ReadonlySet<string> = new Set([
  ...['kid', 'id', 'nextLink', 'recoveryId', 'roleDefinitionId', 'issuer', 'jwks_uri'],
]);

/* Members that Azure does not name become `<member>`, and so does everything inside them. */
function sanitizeObject(value: object, of: string, name: Pseudonym, depth: number): unknown {
  const kept: Record<string, unknown> = {};
  for (const [given, inner] of Object.entries(value)) {
    const known = MEMBERS.has(given) && !DICTIONARIES.has(of) && of !== UNKNOWN;
    const member = known ? given : UNKNOWN;
    kept[member] = sanitize(inner, member, name, depth);
  }
  return kept;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
