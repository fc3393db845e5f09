// did:x509, version 0: parsing a DID, and resolving it against a certificate chain. github.com/microsoft/did-x509.

import { fromBase64Url } from '../../base/bytes/base64.js';
import { equalBytes } from '../../base/bytes/arrays.js';
import type { HashName, SignatureCrypto } from '../crypto/signature-crypto.js';
import type { Certificate } from '../x509/certificate.js';
import { KEY_USAGE, keyUsage, subjectAltNames } from '../x509/extensions.js';
import { pathProblem } from '../x509/path.js';
import { type PublicJwk, toPublicJwk } from '../x509/public-key.js';
import { DerError } from '../der/reader.js';
import { parsePredicate, type Predicate, predicateProblem } from './did-x509-predicates.js';

export interface DidX509 {
  /** The DID without query, path and fragment. */
  readonly did: string;
  readonly hash: HashName;
  /** Digest of a certificate of the chain other than the leaf. */
  readonly fingerprint: Uint8Array;
  readonly predicates: readonly Predicate[];
}

/** A DID that resolves, or why it does not. */
export type DidResolution =
  | { readonly resolved: true; readonly document: DidDocument }
  | { readonly resolved: false; readonly reason: string };

export interface DidDocument {
  readonly '@context': 'https://www.w3.org/ns/cid/v1';
  readonly id: string;
  readonly verificationMethod: readonly {
    readonly id: string;
    readonly type: 'JsonWebKey';
    readonly controller: string;
    readonly publicKeyJwk: PublicJwk;
  }[];
  readonly authentication?: readonly string[];
  readonly assertionMethod?: readonly string[];
  readonly keyAgreement?: readonly string[];
}

const FINGERPRINT_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Reads a did:x509; a fragment is dropped, a path or query is refused. The reason is a string. */
export function parseDidX509(text: string): DidX509 | string {
  const did = text.split('#')[0] ?? '';
  if (did.includes('?')) return 'a DID URL with a query';
  if (did.includes('/')) return 'a DID URL with a path';
  const [head = '', ...policies] = did.split('::');
  const [scheme, method, version, hash, encoded, ...more] = head.split(':');
  if (scheme !== 'did' || method !== 'x509' || version !== '0' || more.length > 0) return 'not did:x509:0';
  if (hash !== 'sha256' && hash !== 'sha384' && hash !== 'sha512')
    return 'an unsupported fingerprint algorithm';
  const fingerprint = fromBase64Url(encoded ?? '');
  if (fingerprint?.length !== FINGERPRINT_BYTES[hash]) return 'a fingerprint of the wrong length or encoding';
  if (policies.length === 0) return 'no predicate';
  const predicates: Predicate[] = [];
  for (const policy of policies) {
    const predicate = parsePredicate(policy);
    if (typeof predicate === 'string') return predicate;
    predicates.push(predicate);
  }
  return { did, hash, fingerprint, predicates };
}

/**
 * Resolves `text` against `chain` (leaf first): path validation without times, fingerprint, every predicate,
 * and a leaf key that may be used.
 */
export async function resolveDidX509(
  text: string,
  chain: readonly Certificate[],
  crypto: SignatureCrypto,
): Promise<DidResolution> {
  const reason = (await pathProblem(chain, crypto)) ?? (await didProblem(text, chain, crypto));
  if (reason !== null) return { resolved: false, reason };
  const [leaf] = chain;
  const did = parseDidX509(text);
  const document = leaf === undefined || typeof did === 'string' ? null : documentOf(did.did, leaf);
  return document === null
    ? { resolved: false, reason: 'the leaf key supports no DID operation' }
    : { resolved: true, document };
}

/**
 * Why `text` does not describe `chain`, or null: all of resolution but the path validation, for a caller that
 * has validated the path already.
 */
export async function didProblem(
  text: string,
  chain: readonly Certificate[],
  crypto: SignatureCrypto,
): Promise<string | null> {
  const did = parseDidX509(text);
  if (typeof did === 'string') return did;
  const [leaf, ...authorities] = chain;
  if (leaf === undefined) return 'no certificate';
  try {
    const shape = leafProblem(leaf);
    if (shape !== null) return shape;
    if (!(await anyMatches(did, authorities, crypto)))
      return 'the fingerprint matches no authority of the chain';
    for (const predicate of did.predicates) {
      const problem = predicateProblem(predicate, leaf);
      if (problem !== null) return problem;
    }
    return null;
  } catch (cause) {
    if (cause instanceof DerError) return `the leaf is malformed: ${cause.message}`;
    throw cause;
  }
}

async function anyMatches(
  did: DidX509,
  authorities: readonly Certificate[],
  crypto: SignatureCrypto,
): Promise<boolean> {
  for (const authority of authorities) {
    if (equalBytes(await crypto.digest(did.hash, authority.raw), did.fingerprint)) return true;
  }
  return false;
}

function leafProblem(leaf: Certificate): string | null {
  const oids = leaf.subject.attributes.map((attribute) => attribute.oid);
  if (new Set(oids).size !== oids.length) return 'the leaf subject has an attribute twice';
  if (subjectAltNames(leaf).some((name) => name.kind === 'other')) return 'an unsupported alternative name';
  return null;
}

function documentOf(did: string, leaf: Certificate): DidDocument | null {
  const publicKeyJwk = toPublicJwk(leaf.publicKey);
  const usage = keyUsage(leaf);
  const signs = usage?.has(KEY_USAGE.digitalSignature) ?? true;
  const agrees = usage?.has(KEY_USAGE.keyAgreement) ?? true;
  if (publicKeyJwk === null || (!signs && !agrees)) return null;
  const id = `${did}#0`;
  return {
    '@context': 'https://www.w3.org/ns/cid/v1',
    id: did,
    verificationMethod: [{ id, type: 'JsonWebKey', controller: did, publicKeyJwk }],
    ...(signs ? { authentication: [id], assertionMethod: [id] } : {}),
    ...(agrees ? { keyAgreement: [id] } : {}),
  };
}
