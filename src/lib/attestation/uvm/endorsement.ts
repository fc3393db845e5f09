// UVM endorsement: Microsoft's signed statement of a utility VM's launch measurement, in its two published forms.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromHex } from '../../base/bytes/hex.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { CborError } from './cbor.js';
import { type CoseSign1, epochTime, LABEL, parseCoseSign1 } from './cose-sign1.js';
import { readSignerHeaders, type SignerHeaders } from './signer-headers.js';

/** An endorsement, read and not verified. */
export interface UvmEndorsement extends SignerHeaders {
  readonly raw: Uint8Array;
  /** `legacy`: JSON payload (SVN 22 to 104). `cwt`: CWT claims, payload is the measurement (UVM 0.2.10 and later). */
  readonly style: 'legacy' | 'cwt';
  readonly message: CoseSign1;
  readonly issuer: string;
  readonly feed: string;
  /** The signer's word; null where the header has none. */
  readonly signingTime: Date | null;
  readonly statement: UvmStatement;
  /** Whether there is a RFC 3161 time stamp, which is unsigned and not checked here. */
  readonly hasTimestamp: boolean;
}

/** What the payload says; `problem` where it is not in the strict form. */
export interface UvmStatement {
  readonly measurement: Uint8Array | null;
  readonly svn: number | null;
  readonly problem: string | null;
}

const MAX_ENDORSEMENT_BYTES = 256 * 1024;
const MEASUREMENT_BYTES = 48;
const SHA384_PAYLOAD = -43;

/**
 * Reads a tagged COSE_Sign1 in one of the two forms; the form is told by the protected header alone.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED: not strict CBOR, no tag 18, a header that fits neither form or both,
 *   an x5chain whose certificates cannot be read.
 */
export function parseUvmEndorsement(bytes: Uint8Array): UvmEndorsement {
  if (bytes.length > MAX_ENDORSEMENT_BYTES) throw malformed(`${bytes.length} bytes`);
  try {
    const message = parseCoseSign1(bytes);
    const header = readHeader(message);
    return {
      raw: bytes,
      message,
      ...header,
      ...readSignerHeaders(message),
      hasTimestamp: message.unprotectedHeader.has('timestamp'),
    };
  } catch (cause) {
    if (cause instanceof CborError) throw malformed(cause.message, cause);
    if (cause instanceof CleanroomError && cause.code === 'CERTIFICATE_MALFORMED') {
      throw malformed(cause.message, cause);
    }
    throw cause;
  }
}

function malformed(reason: string, cause?: unknown): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `not a UVM endorsement: ${reason}`, { cause });
}

type Header = Pick<UvmEndorsement, 'style' | 'issuer' | 'feed' | 'signingTime' | 'statement'>;

function readHeader(message: CoseSign1): Header {
  const header = message.protectedHeader;
  const modern = [LABEL.cwtClaims, LABEL.payloadHashAlg, LABEL.preimageContentType].some((key) =>
    header.has(key),
  );
  const legacy = [LABEL.contentType, 'iss', 'feed', 'signingtime'].some((key) => header.has(key));
  if (modern === legacy) throw new CborError('a header of neither form, or of both');
  return modern ? readCwtForm(message) : readLegacyForm(message);
}

function readLegacyForm({ protectedHeader: header, payload }: CoseSign1): Header {
  const issuer = header.get('iss');
  const feed = header.get('feed');
  if (header.get(LABEL.contentType) !== 'application/json')
    throw new CborError('another content type than JSON');
  if (typeof issuer !== 'string' || typeof feed !== 'string') throw new CborError('iss or feed is missing');
  const signingTime = readTime(header.get('signingtime'));
  return { style: 'legacy', issuer, feed, signingTime, statement: readJsonStatement(payload) };
}

function readCwtForm({ protectedHeader: header, payload }: CoseSign1): Header {
  const claims = header.get(LABEL.cwtClaims);
  if (!(claims instanceof Map)) throw new CborError('no CWT claims');
  if (header.get(LABEL.payloadHashAlg) !== SHA384_PAYLOAD)
    throw new CborError('the payload hash is not SHA-384');
  const issuer: unknown = claims.get(1);
  const feed: unknown = claims.get(2);
  if (typeof issuer !== 'string' || typeof feed !== 'string') throw new CborError('iss or sub is missing');
  const signingTime = readTime(claims.get(6));
  return {
    style: 'cwt',
    issuer,
    feed,
    signingTime,
    statement: readBinaryStatement(payload, claims.get('svn')),
  };
}

function readTime(value: unknown): Date | null {
  if (value === undefined) return null;
  const time = epochTime(value);
  if (time === null) throw new CborError('the signing time is no epoch time');
  return time;
}

function readBinaryStatement(payload: Uint8Array, svn: unknown): UvmStatement {
  const known = typeof svn === 'number' && Number.isSafeInteger(svn) && svn >= 0;
  if (payload.length !== MEASUREMENT_BYTES) {
    return {
      measurement: null,
      svn: known ? svn : null,
      problem: `a payload of ${payload.length} bytes, not 48`,
    };
  }
  return { measurement: payload, svn: known ? svn : null, problem: null };
}

/* Unknown members are ignored: Microsoft has added some, and the known ones decide. */
function readJsonStatement(payload: Uint8Array): UvmStatement {
  const none = { measurement: null, svn: null };
  const text = decodeUtf8(payload);
  if (text === null) return { ...none, problem: 'the payload is not UTF-8' };
  let value: unknown;
  try {
    value = parseStrictJson(text, { maxDepth: 8 });
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    return { ...none, problem: cause.message };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ...none, problem: 'the payload is no JSON object' };
  }
  const members = value as Readonly<Record<string, unknown>>;
  const hex = members['x-ms-sevsnpvm-launchmeasurement'];
  const measurement = typeof hex === 'string' && /^[0-9a-f]{96}$/.test(hex) ? fromHex(hex) : null;
  const svn = readSvn(members['x-ms-sevsnpvm-guestsvn'], members['x-ms-sevsnpvm-guestsvn-int']);
  const problem =
    measurement === null
      ? 'the launch measurement is not 96 lower-case hex digits'
      : svn === null
        ? 'the SVN is not one whole decimal number'
        : null;
  return { measurement, svn, problem };
}

/* A decimal string, since October 2025 an integer beside it; both must agree. */
function readSvn(text: unknown, integer: unknown): number | null {
  if (typeof text !== 'string' || !/^(?:0|[1-9]\d{0,8})$/.test(text)) return null;
  const svn = Number(text);
  return integer === undefined || integer === svn ? svn : null;
}
