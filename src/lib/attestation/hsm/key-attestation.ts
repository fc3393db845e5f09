// Key attestation of Azure Managed HSM: what `attributes.attestation` of a key holds. Key Vault REST API, Get Key Attestation
// (2025-07-01 and later).

import * as v from 'valibot';

import { decodeUtf8, equalBytes } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { type Certificate, parseCertificateOfVersion1Too } from '../x509/certificate.js';
import { parsePem } from '../x509/pem.js';
import { hasOlderForm, parseSignedAttributes, type SignedAttributes } from './signed-attributes.js';

/** The one version that is published: Marvell's form, in base64url without padding. */
export const MARVELL_VERSION = 'MRVL-1';

const MAX_PEM_BYTES = 128 * 1024;
const MAX_CERTIFICATES = 32;

const Member = v.looseObject({
  version: v.string(),
  certificatePemFile: v.string(),
  privateKeyAttestation: v.string(),
  publicKeyAttestation: v.optional(v.nullable(v.string())),
});

/** An attestation that was read; nothing is verified. */
export interface KeyAttestation {
  /** Of both chains, in no order. */
  readonly certificates: readonly Certificate[];
  readonly privateHalf: SignedAttributes;
  /** Null where none came along. */
  readonly publicHalf: SignedAttributes | null;
}

/**
 * Reads an attestation as the service gives it.
 *
 * @returns the attestation, or why its form is one that is not known here, as a clause.
 * @throws CleanroomError EVIDENCE_MALFORMED: it says that it has the known form, and has not.
 */
export function parseKeyAttestation(member: unknown): KeyAttestation | string {
  const outcome = v.safeParse(Member, member);
  if (!outcome.success) throw malformed('a member is missing, or is no text');
  const { version, certificatePemFile, privateKeyAttestation, publicKeyAttestation } = outcome.output;
  if (version !== MARVELL_VERSION) return `its version is ${version.slice(0, 40)}, not ${MARVELL_VERSION}`;
  const privateHalf = decoded(privateKeyAttestation, 'privateKeyAttestation');
  if (hasOlderForm(privateHalf)) return 'its HSM has firmware 2 or 10, whose way of signing is not published';
  const publicHalf =
    typeof publicKeyAttestation === 'string' ? decoded(publicKeyAttestation, 'publicKeyAttestation') : null;
  return {
    certificates: readCertificates(decoded(certificatePemFile, 'certificatePemFile')),
    privateHalf: parseSignedAttributes(privateHalf),
    publicHalf: publicHalf === null ? null : parseSignedAttributes(publicHalf),
  };
}

/* Whatever is no certificate vouches for nothing, and is passed over; so is text between them, and what stands there twice. */
function readCertificates(bytes: Uint8Array): readonly Certificate[] {
  const text = bytes.length > MAX_PEM_BYTES ? null : decodeUtf8(bytes);
  if (text === null) throw malformed('certificatePemFile is too large, or no text');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length > MAX_CERTIFICATES) throw malformed(`it contains ${blocks.length} certificates`);
  const found = blocks.flatMap((block) => readCertificate(block));
  return found.filter(({ raw }, index) => found.findIndex((other) => equalBytes(other.raw, raw)) === index);
}

function readCertificate(block: string): readonly Certificate[] {
  try {
    return parsePem(block, 'CERTIFICATE').map(parseCertificateOfVersion1Too);
  } catch (cause) {
    if (cause instanceof CleanroomError) return [];
    throw cause;
  }
}

function decoded(text: string, name: string): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === null || bytes.length === 0) throw malformed(`${name} is not base64url`);
  return bytes;
}

function malformed(reason: string): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `the attestation of the key cannot be read: ${reason}`);
}
