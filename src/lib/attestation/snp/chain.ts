// AMD certificate chain: VCEK, ASK, ARK from a PEM bundle or THIM JSON, and whether it holds. AMD 57230.

import { decodeUtf8, equalBytes } from '../../base/bytes/arrays.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import { DerError } from '../der/reader.js';
import type { Certificate } from '../x509/certificate.js';
import { basicConstraints, EXTENSION, KEY_USAGE, keyUsage } from '../x509/extensions.js';
import { parsePemCertificates } from '../x509/pem.js';
import { isSignedBy } from '../x509/signature.js';
import { isAmdPss, readVcek, type Vcek } from './vcek.js';

export interface AmdChain {
  readonly vcek: Vcek;
  readonly ask: Certificate;
  readonly ark: Certificate;
}

const MAX_ENDORSEMENT_BYTES = 256 * 1024;

/**
 * Reads exactly VCEK, ASK, ARK, in this order: a PEM bundle, or THIM JSON `{vcekCert, certificateChain, tcbm, …}`
 * (whose `tcbm` is only advice and is not read). Nothing is verified.
 *
 * @throws CleanroomError CERTIFICATE_MALFORMED
 */
export function parseAmdChain(bytes: Uint8Array): AmdChain {
  const text = bytes.length > MAX_ENDORSEMENT_BYTES ? null : decodeUtf8(bytes);
  if (text === null)
    throw new CleanroomError('CERTIFICATE_MALFORMED', 'not a PEM bundle: too large, or not text');
  const certificates = parsePemCertificates(text.trimStart().startsWith('{') ? pemOfThim(text) : text);
  const [leaf, ask, ark] = certificates;
  if (certificates.length !== 3 || leaf === undefined || ask === undefined || ark === undefined) {
    throw new CleanroomError(
      'CERTIFICATE_MALFORMED',
      `${certificates.length} certificates, not VCEK, ASK and ARK`,
    );
  }
  return { vcek: readVcek(leaf), ask, ark };
}

function pemOfThim(text: string): string {
  try {
    const value = parseStrictJson(text);
    if (typeof value === 'object' && value !== null && 'vcekCert' in value && 'certificateChain' in value) {
      const { vcekCert, certificateChain } = value;
      if (typeof vcekCert === 'string' && typeof certificateChain === 'string') {
        return `${vcekCert}\n${certificateChain}`;
      }
    }
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('CERTIFICATE_MALFORMED', cause.message, { cause });
  }
  throw new CleanroomError('CERTIFICATE_MALFORMED', 'JSON without vcekCert and certificateChain');
}

/** Why the three certificates are no chain, or null: names, signatures by PSS-SHA-384, CA flags. Times, pins: not here. */
export async function amdChainProblem(chain: AmdChain, crypto: SignatureCrypto): Promise<string | null> {
  const vcek = chain.vcek.certificate;
  const { ask, ark } = chain;
  try {
    const shape =
      linkProblem('VCEK', vcek, ask) ??
      linkProblem('ASK', ask, ark) ??
      linkProblem('ARK', ark, ark) ??
      authorityProblem('ASK', ask) ??
      authorityProblem('ARK', ark);
    if (shape !== null) return shape;
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    return `an extension is malformed: ${cause.message}`;
  }
  if (!(await isSignedBy(vcek, ask.publicKey, crypto))) return 'the VCEK is not signed by the ASK';
  if (!(await isSignedBy(ask, ark.publicKey, crypto))) return 'the ASK is not signed by the ARK';
  if (!(await isSignedBy(ark, ark.publicKey, crypto))) return 'the ARK is not signed by itself';
  return null;
}

const UNDERSTOOD: ReadonlySet<string> = new Set([EXTENSION.basicConstraints, EXTENSION.keyUsage]);

function linkProblem(name: string, certificate: Certificate, issuer: Certificate): string | null {
  if (!equalBytes(certificate.issuer.raw, issuer.subject.raw)) return `the ${name} names another issuer`;
  if (!isAmdPss(certificate)) return `the ${name} is not signed with RSASSA-PSS, SHA-384, salt 48`;
  const unknown = [...certificate.extensions.values()].find(
    (item) => item.critical && !UNDERSTOOD.has(item.oid),
  );
  return unknown === undefined ? null : `the ${name} has the unknown critical extension ${unknown.oid}`;
}

function authorityProblem(name: string, certificate: Certificate): string | null {
  if (basicConstraints(certificate)?.ca !== true) return `the ${name} is no certification authority`;
  if (keyUsage(certificate)?.has(KEY_USAGE.keyCertSign) !== true)
    return `the ${name} may not sign certificates`;
  return null;
}
