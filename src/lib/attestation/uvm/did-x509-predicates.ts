// The predicates of did:x509 on the leaf: subject, san, eku, fulcio-issuer.

import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsage, subjectAltNames } from '../x509/extensions.js';
import { ATTRIBUTE_OID } from '../x509/names.js';
import { latin1 } from '../der/values.js';

export type Predicate =
  | { readonly name: 'subject'; readonly fields: ReadonlyMap<string, string> }
  | { readonly name: 'san'; readonly kind: 'email' | 'dns' | 'uri'; readonly value: string }
  | { readonly name: 'eku'; readonly oid: string }
  | { readonly name: 'fulcio-issuer'; readonly issuer: string };

const FULCIO_ISSUER = '1.3.6.1.4.1.57264.1.1';
const DOTTED_OID = /^[0-2](?:\.\d+)+$/;

/** Reads `name:value…`; the reason why it cannot be read is a string. */
export function parsePredicate(text: string): Predicate | string {
  const [name, ...parts] = text.split(':');
  const values = parts.map(percentDecode);
  if (values.some((value) => value === null)) return 'a value that is not percent-encoded well';
  const decoded = values.map((value) => value ?? '');
  switch (name) {
    case 'subject':
      return parseSubject(decoded);
    case 'san':
      return parseSan(decoded);
    case 'eku':
      return decoded.length === 1 && DOTTED_OID.test(decoded[0] ?? '')
        ? { name, oid: decoded[0] ?? '' }
        : 'an eku predicate without exactly one OID';
    case 'fulcio-issuer':
      return decoded.length === 1 && decoded[0] !== ''
        ? { name, issuer: decoded[0] ?? '' }
        : 'a fulcio-issuer predicate without exactly one issuer';
    default:
      return 'an unknown predicate';
  }
}

/** Why the predicate does not hold on `leaf`, or null. */
export function predicateProblem(predicate: Predicate, leaf: Certificate): string | null {
  switch (predicate.name) {
    case 'subject': {
      const missing = [...predicate.fields].find(
        ([oid, value]) => !leaf.subject.attributes.some((item) => item.oid === oid && item.value === value),
      );
      return missing === undefined ? null : `the leaf subject has no ${missing[0]} = ${missing[1]}`;
    }
    case 'san':
      return subjectAltNames(leaf).some(
        (item) => item.kind === predicate.kind && item.value === predicate.value,
      )
        ? null
        : `the leaf has no alternative name ${predicate.value}`;
    case 'eku':
      return extendedKeyUsage(leaf)?.includes(predicate.oid) === true
        ? null
        : `the leaf has no extended key usage ${predicate.oid}`;
    case 'fulcio-issuer': {
      const extension = leaf.extensions.get(FULCIO_ISSUER);
      return extension !== undefined && latin1(extension.value) === `https://${predicate.issuer}`
        ? null
        : `the leaf has no Fulcio issuer ${predicate.issuer}`;
    }
  }
}

function parseSubject(values: readonly string[]): Predicate | string {
  if (values.length === 0 || values.length % 2 !== 0) return 'a subject predicate without key-value pairs';
  const fields = new Map<string, string>();
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i] ?? '';
    const oid = DOTTED_OID.test(key) ? key : attributeOid(key);
    if (oid === undefined) return 'a subject predicate with an unknown key';
    if (fields.has(oid)) return 'a subject predicate with a repeated key';
    fields.set(oid, values[i + 1] ?? '');
  }
  return { name: 'subject', fields };
}

function attributeOid(name: string): string | undefined {
  return Object.hasOwn(ATTRIBUTE_OID, name) ? ATTRIBUTE_OID[name as keyof typeof ATTRIBUTE_OID] : undefined;
}

function parseSan(values: readonly string[]): Predicate | string {
  const [kind, value] = values;
  if (values.length !== 2 || value === undefined) return 'a san predicate without exactly one type and value';
  return kind === 'email' || kind === 'dns' || kind === 'uri'
    ? { name: 'san', kind, value }
    : 'a san predicate of an unknown type';
}

function percentDecode(text: string): string | null {
  if (/[^A-Za-z0-9._%-]|%(?![0-9A-Fa-f]{2})/.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
