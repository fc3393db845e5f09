// A statement of a service's release, as Microsoft's Signing Transparency registers it: COSE_Sign1 with CWT claims (RFC 9597)
// whose payload is JSON that holds the service's CCE policy, or a digest alone (draft-ietf-cose-hash-envelope).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { CborError } from '../uvm/cbor.js';
import { type CoseSign1, epochTime, LABEL, parseCoseSign1 } from '../uvm/cose-sign1.js';
import { readSignerHeaders, type SignerHeaders } from '../uvm/signer-headers.js';

/** A statement, read and not verified. */
export interface ReleaseStatement extends SignerHeaders {
  readonly message: CoseSign1;
  readonly issuer: string;
  readonly subject: string;
  /** Security version that the statement gives its release; null where it gives none. */
  readonly svn: number | null;
  /** The signer's word; null where the header has none. */
  readonly signedAt: Date | null;
  /** Whether the payload is a digest of what is stated. */
  readonly isDigest: boolean;
  /** The CCE policy that is stated, its exact bytes; null where the payload has none. */
  readonly policy: Uint8Array | null;
  /** What the payload says of source and build, `commit abc…, build 7`; empty where it says neither. */
  readonly origin: string;
}

/** Longest statement that is read, bytes. */
export const MAX_RELEASE_STATEMENT_BYTES = 4 * 1024 * 1024;
const CLAIM = { issuer: 1, subject: 2, issuedAt: 6, svn: 'svn' } as const;
/* What a `crit` header may name: all of it is read here. */
const UNDERSTOOD = [LABEL.contentType, LABEL.cwtClaims, LABEL.x5chain, LABEL.x5t, LABEL.payloadHashAlg];
const MAX_SHOWN = 64;

/**
 * Reads a statement. Members of the payload that are not known are left alone: what is stated differs by service.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED: not strict CBOR, no tag 18, no issuer or subject, no chain, a payload that is
 *   neither JSON nor said to be a digest, or a policy in it that is not base64.
 */
export function parseReleaseStatement(bytes: Uint8Array): ReleaseStatement {
  if (bytes.length > MAX_RELEASE_STATEMENT_BYTES) throw malformed(`${bytes.length} bytes`);
  try {
    const message = parseCoseSign1(bytes, UNDERSTOOD);
    return { message, ...readClaims(message), ...readPayload(message), ...readSignerHeaders(message) };
  } catch (cause) {
    if (cause instanceof CborError) throw malformed(cause.message, cause);
    if (cause instanceof CleanroomError && cause.code === 'CERTIFICATE_MALFORMED')
      throw malformed(cause.message, cause);
    throw cause;
  }
}

function malformed(reason: string, cause?: unknown): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `not a statement of a release: ${reason}`, { cause });
}

function readClaims({
  protectedHeader,
}: CoseSign1): Pick<ReleaseStatement, 'issuer' | 'subject' | 'svn' | 'signedAt'> {
  const claims = protectedHeader.get(LABEL.cwtClaims);
  if (!(claims instanceof Map)) throw new CborError('no CWT claims in the protected header');
  const issuer: unknown = claims.get(CLAIM.issuer);
  const subject: unknown = claims.get(CLAIM.subject);
  if (typeof issuer !== 'string' || typeof subject !== 'string') throw new CborError('iss or sub is missing');
  const svn: unknown = claims.get(CLAIM.svn);
  if (svn !== undefined && !isCount(svn)) throw new CborError('the svn is no whole number');
  return { issuer, subject, svn: svn ?? null, signedAt: readTime(claims.get(CLAIM.issuedAt)) };
}

/* RFC 8392 §3.1.6 has a number alone; Microsoft's signing service tags it. */
function readTime(value: unknown): Date | null {
  if (value === undefined) return null;
  const time = isCount(value) && value < 8.64e12 ? new Date(value * 1000) : epochTime(value);
  if (time === null) throw new CborError('iat is no time');
  return time;
}

type Payload = Pick<ReleaseStatement, 'isDigest' | 'policy' | 'origin'>;

function readPayload({ protectedHeader, payload }: CoseSign1): Payload {
  if (protectedHeader.has(LABEL.payloadHashAlg)) return { isDigest: true, policy: null, origin: '' };
  const type = protectedHeader.get(LABEL.contentType);
  if (type !== 'application/json') throw new CborError('the payload is not declared as JSON or a digest');
  const stated = readObject(payload);
  const policy = stated['security-policy-base64'];
  return {
    isDigest: false,
    policy: policy === undefined ? null : readPolicy(policy),
    origin: originOf(stated),
  };
}

function readPolicy(value: unknown): Uint8Array {
  const policy = typeof value === 'string' ? fromBase64(value) : null;
  if (policy === null || policy.length === 0)
    throw new CborError('the policy in the payload is not base64 with padding');
  return policy;
}

function originOf(stated: Readonly<Record<string, unknown>>): string {
  const commit = memberOf(stated['source'], 'commit');
  const build = memberOf(stated['build'], 'id');
  return [
    ...(commit === null ? [] : [`commit ${commit}`]),
    ...(build === null ? [] : [`build ${build}`]),
  ].join(', ');
}

function memberOf(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const member = (value as Readonly<Record<string, unknown>>)[name];
  return typeof member === 'string' && member !== '' ? member.slice(0, MAX_SHOWN) : null;
}

function readObject(payload: Uint8Array): Readonly<Record<string, unknown>> {
  const text = decodeUtf8(payload);
  if (text === null) throw new CborError('the payload is not UTF-8');
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CborError(`the payload: ${cause.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CborError('the payload is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
