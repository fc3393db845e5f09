// The certificate extensions that path validation reads. RFC 5280 §4.2.1.

import { contextTag, DerError, DerReader, primitiveContextTag, readSingle, TAG } from '../der/reader.js';
import { boolean, latin1, namedBits, objectIdentifier, smallInteger } from '../der/values.js';
import type { Certificate } from './certificate.js';

export const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Bits of KeyUsage (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, keyAgreement: 4, keyCertSign: 5, cRLSign: 6 } as const;

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

export interface AlternativeName {
  readonly kind: 'email' | 'dns' | 'uri' | 'directory' | 'other';
  /** Empty for `directory` and `other`. */
  readonly value: string;
}

export interface NameConstraints {
  readonly permitted: readonly AlternativeName[];
  readonly excluded: readonly AlternativeName[];
}

export function basicConstraints(certificate: Certificate): BasicConstraints | undefined {
  const extension = certificate.extensions.get(EXTENSION.basicConstraints);
  if (extension === undefined) return undefined;
  const body = new DerReader(readSingle(extension.value, TAG.sequence).content);
  const ca = body.optional(TAG.boolean);
  const pathLength = body.optional(TAG.integer);
  body.end();
  return {
    ca: ca !== undefined && boolean(ca.content),
    ...(pathLength === undefined ? {} : { pathLength: smallInteger(pathLength.content) }),
  };
}

/** The key usage bits, or undefined where the certificate has no such extension. */
export function keyUsage(certificate: Certificate): ReadonlySet<number> | undefined {
  const extension = certificate.extensions.get(EXTENSION.keyUsage);
  return extension === undefined ? undefined : namedBits(readSingle(extension.value, TAG.bitString).content);
}

/** The extended key usages as dotted OIDs, or undefined where the certificate has no such extension. */
export function extendedKeyUsage(certificate: Certificate): readonly string[] | undefined {
  const extension = certificate.extensions.get(EXTENSION.extendedKeyUsage);
  if (extension === undefined) return undefined;
  const body = new DerReader(readSingle(extension.value, TAG.sequence).content);
  const usages: string[] = [];
  while (!body.done) usages.push(objectIdentifier(body.next(TAG.oid).content));
  return usages;
}

export function subjectAltNames(certificate: Certificate): readonly AlternativeName[] {
  const extension = certificate.extensions.get(EXTENSION.subjectAltName);
  if (extension === undefined) return [];
  const body = new DerReader(readSingle(extension.value, TAG.sequence).content);
  const names: AlternativeName[] = [];
  while (!body.done) names.push(generalName(body));
  return names;
}

export function nameConstraints(certificate: Certificate): NameConstraints | undefined {
  const extension = certificate.extensions.get(EXTENSION.nameConstraints);
  if (extension === undefined) return undefined;
  const body = new DerReader(readSingle(extension.value, TAG.sequence).content);
  const permitted = body.optional(contextTag(0));
  const excluded = body.optional(contextTag(1));
  body.end();
  return {
    permitted: permitted === undefined ? [] : subtrees(permitted.content),
    excluded: excluded === undefined ? [] : subtrees(excluded.content),
  };
}

function subtrees(content: Uint8Array): readonly AlternativeName[] {
  const list = new DerReader(content);
  const bases: AlternativeName[] = [];
  while (!list.done) {
    const subtree = list.enter();
    bases.push(generalName(subtree));
    if (!subtree.done) throw new DerError('a subtree with minimum or maximum');
  }
  return bases;
}

/* GeneralName, RFC 5280 §4.2.1.6: [1] rfc822Name, [2] dNSName, [4] directoryName, [6] URI. */
function generalName(reader: DerReader): AlternativeName {
  const { tag, content } = reader.next();
  if (tag === primitiveContextTag(1)) return { kind: 'email', value: latin1(content) };
  if (tag === primitiveContextTag(2)) return { kind: 'dns', value: latin1(content) };
  if (tag === primitiveContextTag(6)) return { kind: 'uri', value: latin1(content) };
  return { kind: tag === contextTag(4) ? 'directory' : 'other', value: '' };
}
