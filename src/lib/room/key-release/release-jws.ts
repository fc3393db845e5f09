// The signed answer of a vault's `release`: JWS (RFC 7515) with the vault's TLS certificate chain in x5c.

import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, fromBase64Url } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { isReleaseWrapAlgorithm, type ReleaseWrapAlgorithm, unwrapReleased } from './key-wrap.js';
import { readReleasedKey, type ReleasedKey } from './released-key.js';

const MAX_JWS_CHARACTERS = 256 * 1024;
const MAX_CHAIN = 6;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

const Header = v.looseObject({
  alg: v.literal('RS256'),
  x5c: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_CHAIN)),
});

const Payload = v.looseObject({
  request: v.looseObject({ kid: v.string(), enc: v.string(), nonce: v.optional(v.string()) }),
  response: v.looseObject({
    key: v.looseObject({
      key: v.looseObject({ kid: v.string(), kty: v.string(), key_hsm: v.string() }),
    }),
  }),
});

const KeyHsm = v.looseObject({
  schema_version: v.literal('1.0'),
  header: v.looseObject({ kid: v.string(), alg: v.literal('dir'), enc: v.string() }),
  ciphertext: v.string(),
});

/** A release answer that is well formed; nothing has been verified. */
export interface ParsedRelease {
  readonly raw: string;
  readonly chain: readonly X509Certificate[];
  readonly signature: Uint8Array;
  /** Of the key that was released: URL with version. */
  readonly keyId: string;
  readonly kty: string;
  readonly algorithm: ReleaseWrapAlgorithm;
  readonly nonce: string | null;
  /** `kid` of the runtime key that the released key is wrapped to. */
  readonly runtimeKeyId: string;
  readonly ciphertext: Uint8Array;
}

/** A release answer signed by a certificate of the vault that was asked. */
export type VerifiedRelease = ParsedRelease & { readonly __verified: 'release' };

export interface ReleaseTrust {
  /** The vault as it was asked: host, with port where it is not 443. */
  readonly vault: string;
  /** PEM certificates that end a chain. */
  readonly roots: readonly string[];
  readonly at: Date;
}

/**
 * Reads a release answer (`value` of the response).
 *
 * @throws CleanroomError RELEASE_JWS_REJECTED
 */
export function parseReleaseJws(raw: string): ParsedRelease {
  if (raw.length > MAX_JWS_CHARACTERS) throw rejected('it is too large');
  const [headerPart, payloadPart, signaturePart, ...more] = raw.split('.');
  if (signaturePart === undefined || more.length > 0) throw rejected('it is not a compact JWS');
  const header = readPart(Header, headerPart, 'header');
  const payload = readPart(Payload, payloadPart, 'payload');
  const signature = fromBase64Url(signaturePart);
  const keyHsm = readPart(KeyHsm, payload.response.key.key.key_hsm, 'key_hsm');
  const ciphertext = fromBase64Url(keyHsm.ciphertext);
  const { enc } = keyHsm.header;
  if (signature === null || ciphertext === null) throw rejected('it is not base64url');
  if (!isReleaseWrapAlgorithm(enc) || payload.request.enc !== enc) throw rejected('its enc is unknown');
  return {
    raw,
    chain: header.x5c.map(readCertificate),
    signature,
    keyId: payload.response.key.key.kid,
    kty: payload.response.key.key.kty,
    algorithm: enc,
    nonce: payload.request.nonce ?? null,
    runtimeKeyId: keyHsm.header.kid,
    ciphertext,
  };
}

/**
 * Verifies signature, certificate chain, names, validity and extended key usage.
 *
 * @throws CleanroomError RELEASE_JWS_REJECTED
 */
export function verifyReleaseJws(release: ParsedRelease, trust: ReleaseTrust): VerifiedRelease {
  const [leaf] = release.chain;
  if (leaf === undefined) throw rejected('it has no certificate');
  const signed = utf8(release.raw.slice(0, release.raw.lastIndexOf('.')));
  if (leaf.publicKey.asymmetricKeyType !== 'rsa') throw rejected('its key is not RSA');
  if (!verify('sha256', signed, leaf.publicKey, release.signature)) throw rejected('its signature is bad');
  verifyChain(release.chain, trust);
  if (!namesVault(leaf, trust.vault)) throw rejected(`its certificate is not that of ${trust.vault}`);
  // Node names the extended key usages `keyUsage`.
  if (!leaf.keyUsage.includes(SERVER_AUTH)) throw rejected('its certificate is not for a server');
  return release as VerifiedRelease;
}

/** Unwraps the released key with the runtime key. @throws CleanroomError RELEASED_KEY_MALFORMED */
export function openRelease(release: VerifiedRelease, runtimeKey: KeyObject): ReleasedKey {
  return readReleasedKey(release.kty, unwrapReleased(release.algorithm, runtimeKey, release.ciphertext));
}

/* Each certificate is issued by the next; the last is a root, or issued by one. */
function verifyChain(chain: readonly X509Certificate[], { roots, at }: ReleaseTrust): void {
  const anchors = roots.map((pem) => new X509Certificate(pem));
  for (const [index, certificate] of chain.entries()) {
    if (at < new Date(certificate.validFrom) || at > new Date(certificate.validTo)) {
      throw rejected('a certificate of its chain is out of its time');
    }
    if (index > 0 && !certificate.ca) throw rejected('an issuer in its chain is not an authority');
    if (anchors.some((anchor) => endsAt(certificate, anchor))) return;
    const issuer = chain[index + 1];
    if (issuer === undefined || !issuedBy(certificate, issuer)) break;
  }
  throw rejected('its certificate chain does not end at a trusted root');
}

function endsAt(certificate: X509Certificate, anchor: X509Certificate): boolean {
  return certificate.fingerprint256 === anchor.fingerprint256 || issuedBy(certificate, anchor);
}

function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/* A name with a port is compared verbatim with the DNS names, as the sidecar's Go verifier does. */
function namesVault(leaf: X509Certificate, vault: string): boolean {
  const host = vault.replace(/:\d+$/, '');
  const names = (leaf.subjectAltName ?? '').split(', ');
  if (names.includes(`DNS:${vault}`)) return true;
  return isIP(host) === 0 ? leaf.checkHost(host) !== undefined : leaf.checkIP(host) !== undefined;
}

function readPart<S extends v.GenericSchema>(
  schema: S,
  part: string | undefined,
  name: string,
): v.InferOutput<S> {
  const text = decodeUtf8(fromBase64Url(part ?? '!') ?? new Uint8Array([0xff]));
  let value: Json;
  try {
    value = parseStrictJson(text ?? '');
  } catch {
    throw rejected(`its ${name} is not JSON`);
  }
  const outcome = v.safeParse(schema, value);
  if (!outcome.success) throw rejected(`its ${name} does not have the form expected`);
  return outcome.output;
}

function readCertificate(text: string): X509Certificate {
  const der = fromBase64(text);
  try {
    if (der !== null) return new X509Certificate(der);
  } catch {
    // falls through to the one refusal below
  }
  throw rejected('a certificate of its chain cannot be read');
}

function rejected(why: string): CleanroomError {
  return new CleanroomError('RELEASE_JWS_REJECTED', `the release answer is refused: ${why}`);
}
