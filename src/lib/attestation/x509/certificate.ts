// X.509 v3 certificate: DER to fields. RFC 5280 §4.1. Nothing is verified here.

import { contextTag, DerReader, primitiveContextTag, TAG } from '../der/reader.js';
import {
  boolean,
  integerHex,
  objectIdentifier,
  octetAlignedBits,
  smallInteger,
  time,
} from '../der/values.js';
import { DerError } from '../der/reader.js';
import { equalBytes } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { type Name, readName } from './names.js';
import { type PublicKey, readPublicKey } from './public-key.js';
import { type CertificateSignature, readSignatureAlgorithm } from './signature-algorithm.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue's OCTET STRING. */
  readonly value: Uint8Array;
}

export interface Certificate {
  /** The whole certificate, DER. */
  readonly raw: Uint8Array;
  /** The bytes that are signed. */
  readonly tbs: Uint8Array;
  /** Lower-case hex; AMD's VCEKs have 00. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  /** By OID; a certificate with two of one OID is malformed. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signatureAlgorithm: CertificateSignature;
  readonly signature: Uint8Array;
}

const MAX_CERTIFICATE_BYTES = 64 * 1024;

/**
 * Reads one DER certificate strictly: v3, no trailing bytes, no duplicate extension, both AlgorithmIdentifiers equal.
 *
 * @throws CleanroomError CERTIFICATE_MALFORMED
 * @see RFC 5280 §4.1
 */
export function parseCertificate(der: Uint8Array): Certificate {
  return parse(der, 3);
}

/** As strictly, but of version 1 too, which has no extensions: makers of HSMs still issue such. */
export function parseCertificateOfVersion1Too(der: Uint8Array): Certificate {
  return parse(der, 1);
}

function parse(der: Uint8Array, oldest: 1 | 3): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new CleanroomError('CERTIFICATE_MALFORMED', `a certificate of ${der.length} bytes`);
  }
  try {
    return readCertificate(der, oldest);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new CleanroomError('CERTIFICATE_MALFORMED', `not a DER certificate: ${cause.message}`, { cause });
  }
}

function readCertificate(der: Uint8Array, oldest: 1 | 3): Certificate {
  const outer = new DerReader(der);
  const body = outer.enter();
  outer.end();
  const tbs = body.next(TAG.sequence);
  const algorithm = body.next(TAG.sequence);
  const signature = octetAlignedBits(body.next(TAG.bitString).content);
  body.end();
  const { algorithm: signedAlgorithm, ...fields } = readTbs(new DerReader(tbs.content), oldest);
  if (!equalBytes(signedAlgorithm, algorithm.raw)) {
    throw new DerError('the signed algorithm is not the one outside');
  }
  return {
    raw: der,
    tbs: tbs.raw,
    ...fields,
    signatureAlgorithm: readSignatureAlgorithm(algorithm.content),
    signature,
  };
}

function readTbs(
  tbs: DerReader,
  oldest: 1 | 3,
): Omit<Certificate, 'raw' | 'tbs' | 'signatureAlgorithm' | 'signature'> & {
  readonly algorithm: Uint8Array;
} {
  const version = readVersion(tbs);
  if (version < oldest) throw new DerError('not version 3');
  const serial = integerHex(tbs.next(TAG.integer).content);
  const algorithm = tbs.next(TAG.sequence).raw;
  const issuer = readName(tbs);
  const validity = tbs.enter();
  const notBefore = time(validity.next());
  const notAfter = time(validity.next());
  validity.end();
  const subject = readName(tbs);
  const publicKey = readPublicKey(tbs.next(TAG.sequence).raw);
  tbs.optional(primitiveContextTag(1));
  tbs.optional(primitiveContextTag(2));
  const extensions = version === 3 ? tbs.optional(contextTag(3)) : undefined;
  tbs.end();
  return {
    algorithm,
    serial,
    issuer,
    notBefore,
    notAfter,
    subject,
    publicKey,
    extensions: extensions === undefined ? new Map() : readExtensions(extensions.content),
  };
}

/* DEFAULT v1; version 2 was never in use. */
function readVersion(tbs: DerReader): 1 | 3 {
  const version = tbs.optional(contextTag(0));
  if (version === undefined) return 1;
  if (smallInteger(new DerReader(version.content).next(TAG.integer).content) !== 2)
    throw new DerError('not version 3');
  return 3;
}

function readExtensions(content: Uint8Array): ReadonlyMap<string, Extension> {
  const outer = new DerReader(content);
  const list = outer.enter();
  outer.end();
  const extensions = new Map<string, Extension>();
  while (!list.done) {
    const item = list.enter();
    const oid = objectIdentifier(item.next(TAG.oid).content);
    const flag = item.optional(TAG.boolean);
    const value = item.next(TAG.octetString).content;
    item.end();
    if (extensions.has(oid)) throw new DerError(`extension ${oid} occurs twice`);
    extensions.set(oid, { oid, critical: flag !== undefined && boolean(flag.content), value });
  }
  return extensions;
}
