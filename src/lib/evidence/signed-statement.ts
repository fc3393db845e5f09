// A log's entries as signed statements in the form that SCITT ledgers register: COSE_Sign1 whose CWT claims say who states it
// and of what. The payload of a policy is the JSON that Microsoft's Signing Transparency has for a confidential container
// group; that of anything else, and of a policy whose text is not at hand, is its digest. draft-ietf-scitt-architecture,
// "Signed Statements"; draft-ietf-cose-hash-envelope; RFC 9597; Microsoft's Signing Transparency, "Payload examples".

import { encode } from 'cborg';

import { signedStatement } from '../attestation/transparency/receipt.js';
import { CborError } from '../attestation/uvm/cbor.js';
import { type CoseSign1, LABEL, parseCoseSign1, signatureInput } from '../attestation/uvm/cose-sign1.js';
import { decodeUtf8, equalBytes, utf8 } from '../base/bytes/arrays.js';
import { fromBase64, fromBase64Url, toBase64 } from '../base/bytes/base64.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { fromHex } from '../base/bytes/hex.js';
import type { EntryKind } from './entry-kinds.js';

/** What is stated: the members of an entry. */
export interface Stated {
  readonly kind: EntryKind;
  /** Hex. */
  readonly sha256: string;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly at: number;
}

const ES256 = -7;
const SHA_256 = -16;
const CLAIM = { issuer: 1, subject: 2, issuedAt: 6 } as const;
/* RFC 9278: whoever has the public key can compute it, and no registry of names is needed. */
const ISSUER = 'urn:ietf:params:oauth:jwk-thumbprint:sha-256:';

const JSON_TYPE = 'application/json';
const POLICY_MEMBER = 'security-policy-base64';

/* What the digest is of. */
const CONTENT_TYPES: Readonly<Record<EntryKind, string>> = {
  contract: 'application/json',
  deployment: 'application/json',
  policy: 'text/plain',
  consent: 'application/jose',
  'seal-statement': 'application/jose',
  receipt: 'application/jose',
  tombstone: 'application/jose',
};

/** A statement that is still to be signed (ES256). */
export interface OpenStatement {
  readonly message: CoseSign1;
  /** Sig_structure of RFC 9052 §4.4. */
  readonly toBeSigned: Uint8Array;
}

/**
 * @param thumbprint - RFC 7638, of the key that will sign: names the issuer, and is the `kid`
 * @param policy - the text whose SHA-256 the entry is, for an entry of kind `policy`
 */
export function openStatement(stated: Stated, thumbprint: string, policy?: Uint8Array): OpenStatement {
  const { kind, subject, sha256, at } = stated;
  const protectedHeader = new Map<number, unknown>([
    [LABEL.alg, ES256],
    [LABEL.kid, fromBase64Url(thumbprint)],
    [
      LABEL.cwtClaims,
      new Map<number, unknown>([
        [CLAIM.issuer, `${ISSUER}${thumbprint}`],
        [CLAIM.subject, subjectOf(kind, subject)],
        [CLAIM.issuedAt, at],
      ]),
    ],
    ...(policy === undefined
      ? ([
          [LABEL.payloadHashAlg, SHA_256],
          [LABEL.preimageContentType, CONTENT_TYPES[kind]],
        ] as const)
      : ([[LABEL.contentType, JSON_TYPE]] as const)),
  ]);
  const message: CoseSign1 = {
    protectedBytes: encode(protectedHeader),
    protectedHeader,
    unprotectedHeader: new Map(),
    payload: policy === undefined ? (fromHex(sha256) ?? new Uint8Array()) : policyPayload(policy),
    signature: new Uint8Array(),
  };
  return { message, toBeSigned: signatureInput(message) };
}

/** The statement, base64 of its COSE_Sign1. @param signature - 64 bytes, r and s */
export function closeStatement({ message }: OpenStatement, signature: Uint8Array): string {
  return toBase64(signedStatement({ ...message, signature }));
}

/** A statement as read; its signature has not been checked. */
export interface ReadStatement {
  readonly message: CoseSign1;
  /** RFC 7638 thumbprint of the key that is said to have signed. */
  readonly thumbprint: string;
}

/** Reads a statement of an entry; null where it is in another form, or says anything else than the entry does. */
export function readStatement(text: string, stated: Stated): ReadStatement | null {
  try {
    const message = parseCoseSign1(fromBase64(text) ?? new Uint8Array());
    const claims = message.protectedHeader.get(LABEL.cwtClaims);
    const issuer: unknown = claims instanceof Map ? claims.get(CLAIM.issuer) : undefined;
    if (typeof issuer !== 'string' || !issuer.startsWith(ISSUER)) return null;
    const thumbprint = issuer.slice(ISSUER.length);
    const policy = message.protectedHeader.has(LABEL.contentType) ? policyOf(message, stated) : undefined;
    if (policy === null) return null;
    const expected = openStatement(stated, thumbprint, policy).message;
    const same =
      equalBytes(message.protectedBytes, expected.protectedBytes) &&
      equalBytes(message.payload, expected.payload) &&
      message.unprotectedHeader.size === 0;
    return same ? { message, thumbprint } : null;
  } catch (cause) {
    if (cause instanceof CborError) return null;
    throw cause;
  }
}

/* The fragments that a policy loads are not in a log of ours: the member for them is left out. */
function policyPayload(policy: Uint8Array): Uint8Array {
  return utf8(canonicalJson({ [POLICY_MEMBER]: toBase64(policy) }));
}

/* The policy in a payload; null where it is not the one of the entry. */
function policyOf({ payload }: CoseSign1, { kind, sha256 }: Stated): Uint8Array | null {
  const text = decodeUtf8(payload) ?? '';
  const start = `{"${POLICY_MEMBER}":"`;
  const policy = text.startsWith(start) ? fromBase64(text.slice(start.length, -'"}'.length)) : null;
  return kind === 'policy' && policy !== null && sha256Hex(policy) === sha256 ? policy : null;
}

function subjectOf(kind: EntryKind, subject: string): string {
  return `cleanroom/${kind}/${subject}`;
}
