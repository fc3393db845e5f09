// X.501 names: the attributes of a subject or issuer, and the raw bytes that chaining compares.

import { DerReader, TAG } from '../der/reader.js';
import { objectIdentifier, text } from '../der/values.js';

export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
}

export interface Name {
  readonly raw: Uint8Array;
  readonly attributes: readonly NameAttribute[];
}

/** Attribute types by the short names of RFC 4514 §3 (and STREET). */
export const ATTRIBUTE_OID = {
  CN: '2.5.4.3',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  C: '2.5.4.6',
  STREET: '2.5.4.9',
} as const;

/** Reads a Name; multi-valued RDNs are flattened. */
export function readName(reader: DerReader): Name {
  const { raw, content } = reader.next(TAG.sequence);
  const attributes: NameAttribute[] = [];
  const rdns = new DerReader(content);
  while (!rdns.done) {
    const set = rdns.enter(TAG.set);
    while (!set.done) {
      const attribute = set.enter();
      const oid = objectIdentifier(attribute.next(TAG.oid).content);
      attributes.push({ oid, value: text(attribute.next()) });
      attribute.end();
    }
  }
  return { raw, attributes };
}

/** The common name, if the name has exactly one. */
export function commonName(name: Name): string | undefined {
  const found = name.attributes.filter((attribute) => attribute.oid === ATTRIBUTE_OID.CN);
  return found.length === 1 ? found[0]?.value : undefined;
}
