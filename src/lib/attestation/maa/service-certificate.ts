// The evidence that an attestation service puts into its own signing certificate: it runs in a confidential container group
// itself, and its key is bound to that group's report. Microsoft Azure Attestation, "attested signing certificate".

import * as v from 'valibot';

import { concatBytes, decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64, toBase64 } from '../../base/bytes/base64.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { DerError, readSingle, TAG } from '../der/reader.js';
import { text } from '../der/values.js';
import type { EvidenceParts } from '../parse-evidence.js';
import type { Certificate } from '../x509/certificate.js';

/** Extensions of the signing certificate (Azure-Samples/microsoft-azure-attestation, maa.jwt.verifier.dotnet, Constants). */
export const SERVICE_EXTENSION = {
  /** UTF8String: JSON `{SnpReport, VcekCertChain, Endorsements}`, each base64url. */
  evidence: '1.3.6.1.4.1.311.105.1000.1',
  /** UTF8String: the kind of TEE. */
  teeKind: '1.3.6.1.4.1.311.105.1000.2',
} as const;

/** The kind of TEE that has SEV-SNP evidence of a container group. */
export const ACI_SEV_SNP = 'acisevsnp';

const Evidence = v.looseObject({
  SnpReport: v.string(),
  VcekCertChain: v.string(),
  Endorsements: v.string(),
});
const Endorsements = v.looseObject({ Uvm: v.pipe(v.array(v.string()), v.length(1)) });

/** Whether a certificate says that it carries evidence. */
export function carriesEvidence(certificate: Certificate): boolean {
  return Object.values(SERVICE_EXTENSION).some((oid) => certificate.extensions.has(oid));
}

/**
 * The evidence of a signing certificate, with the bytes that its report has to be about. Nothing of it is verified.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED: an extension missing, another kind of TEE, or not in the form above.
 */
export function readServiceEvidence(certificate: Certificate): EvidenceParts {
  const kind = extensionText(certificate, SERVICE_EXTENSION.teeKind);
  if (kind !== ACI_SEV_SNP) throw malformed(`the TEE is ${kind}, not ${ACI_SEV_SNP}`);
  const evidence = readJson(Evidence, extensionText(certificate, SERVICE_EXTENSION.evidence), 'evidence');
  const endorsements = decodeUtf8(decode(evidence.Endorsements, 'Endorsements')) ?? '';
  const {
    Uvm: [uvm = ''],
  } = readJson(Endorsements, endorsements, 'Endorsements');
  return {
    report: decode(evidence.SnpReport, 'SnpReport'),
    endorsements: decode(evidence.VcekCertChain, 'VcekCertChain'),
    uvm: decode(uvm, 'Uvm'),
    runtimeData: signedKeyText(certificate.publicKey.spki),
  };
}

/** What REPORT_DATA is the hash of: the key as PEM, lines of 64 ended by LF each, and one NUL. */
export function signedKeyText(spki: Uint8Array): Uint8Array {
  const lines = toBase64(spki).match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
  return concatBytes(utf8(pem), new Uint8Array(1));
}

function extensionText({ extensions }: Certificate, oid: string): string {
  const extension = extensions.get(oid);
  if (extension === undefined) throw malformed(`there is no extension ${oid}`);
  try {
    return text(readSingle(extension.value, TAG.utf8String));
  } catch (cause) {
    if (cause instanceof DerError) throw malformed(`extension ${oid}: ${cause.message}`);
    throw cause;
  }
}

function readJson<const S extends v.GenericSchema>(schema: S, json: string, name: string): v.InferOutput<S> {
  try {
    const outcome = v.safeParse(schema, parseStrictJson(json, { maxMembers: 100 }));
    if (outcome.success) return outcome.output;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
  }
  throw malformed(`${name} is not the JSON that it should be`);
}

function decode(encoded: string, name: string): Uint8Array {
  const bytes = fromAnyBase64(encoded);
  if (bytes === null || bytes.length === 0) throw malformed(`${name} is not base64url`);
  return bytes;
}

function malformed(reason: string): CleanroomError {
  return new CleanroomError(
    'EVIDENCE_MALFORMED',
    `the evidence in the service's certificate cannot be read: ${reason}`,
  );
}
