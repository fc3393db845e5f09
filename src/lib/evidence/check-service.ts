// Is the attestation service itself attested? The evidence in its signing certificate, checked by the same engine.

import type { Anchors } from '../attestation/anchors.js';
import type { CheckId } from '../attestation/check-ids.js';
import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { defaultExpectations } from '../attestation/expectations.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import { carriesEvidence, readServiceEvidence } from '../attestation/maa/service-certificate.js';
import type { AttestationToken } from '../attestation/maa/token.js';
import type { EvidenceParts } from '../attestation/parse-evidence.js';
import { checkSnpEvidence } from '../attestation/verify-snp-evidence.js';
import type { Certificate } from '../attestation/x509/certificate.js';
import { outsideValidity } from '../attestation/x509/path.js';
import { isSignedBy } from '../attestation/x509/signature.js';
import { equalBytes } from '../base/bytes/arrays.js';
import { toHex } from '../base/bytes/hex.js';
import { CleanroomError } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';
import type { ReferenceTable } from '../contract/published/reference-table.js';
import { needsOf } from './statements.js';

const SERVICE_CHECKS = [
  'SERVICE_EVIDENCE',
  'SERVICE_KEY',
  'SERVICE_ROOM',
  'SERVICE_PROGRAM',
  'SERVICE_ATTESTED',
] as const;

export interface ServiceContext {
  readonly anchors: Anchors;
  readonly crypto: SignatureCrypto;
  readonly reference: ReferenceTable;
  /** The time at which its certificates are judged. */
  readonly at: Date;
  /** Of the verifier. */
  readonly crls: readonly Uint8Array[];
  /** Lists that came with the evidence. */
  readonly brought: readonly Uint8Array[];
}

/**
 * Records whether the service that signed a token runs in a confidential container group itself: `SERVICE_EVIDENCE` to
 * `SERVICE_PROGRAM`, and `SERVICE_ATTESTED` for all of them. Skipped where there is no token, no key set, or no evidence in
 * the certificate: then it may be attested or not.
 *
 * @returns HOST_DATA under which it was shown to run, lower-case hex; null where its evidence is missing or does not hold.
 */
export async function recordService(
  token: AttestationToken | null,
  keys: readonly ServiceKey[] | null,
  context: ServiceContext,
  log: CheckLog,
): Promise<string | null> {
  const signing = keys?.filter(({ kid }) => kid === token?.header['kid']) ?? [];
  const [key] = signing;
  if (token === null || keys === null || key === undefined || signing.length > 1) {
    log.skip('no key is known to have signed a token', ...SERVICE_CHECKS);
    return null;
  }
  const certificate = keys
    .filter(({ key: other }) => equalBytes(other.spki, key.key.spki))
    .flatMap(({ certificate: found }) => (found === undefined ? [] : [found]))
    .find(carriesEvidence);
  if (certificate === undefined) {
    log.skip('the certificate of the service’s key carries no evidence', ...SERVICE_CHECKS);
    return null;
  }
  const parts = await readCertificate(certificate, context, log);
  if (parts === null) return null;
  const { evidence, checks } = await checkSnpEvidence({
    ...parts,
    crls: context.brought,
    ownCrls: context.crls,
    anchors: context.anchors,
    expectations: { ...defaultExpectations(context.at), uvmRequired: true },
    crypto: context.crypto,
    reference: context.reference,
  });
  const isBound = passes(checks, 'REPORT_DATA');
  log.record('SERVICE_KEY', isBound, { reason: 'the evidence is about another key' });
  const open = [...needsOf('HARDWARE'), ...needsOf('GUEST')].filter((id) => !passes(checks, id));
  const failed = checks.filter(({ id, status }) => status === 'fail' && id !== 'REPORT_DATA');
  const problems = [...new Set([...open, ...failed.map(({ id }) => id)])];
  log.record('SERVICE_ROOM', problems.length === 0, {
    reason: `the evidence of the service is not accepted: ${problems.join(', ')}`,
  });
  const hostData = evidence.report === null ? '' : toHex(evidence.report.hostData);
  const program = recordProgram(hostData, context, log);
  const sound = isBound && problems.length === 0;
  if (!sound || program === 'withdrawn')
    log.record('SERVICE_ATTESTED', false, { reason: 'its evidence is not accepted' });
  else if (program === 'unknown')
    log.skip('the program that the service runs is unknown here', 'SERVICE_ATTESTED');
  else log.record('SERVICE_ATTESTED', true);
  return sound ? hostData : null;
}

/* The certificate is the key's own word; what counts is the evidence in it. */
async function readCertificate(
  certificate: Certificate,
  { at, crypto }: ServiceContext,
  log: CheckLog,
): Promise<EvidenceParts | null> {
  const refuse = (reason: string): null => {
    log.record('SERVICE_EVIDENCE', false, { reason });
    log.skip('there is no evidence that could be checked', 'SERVICE_KEY', 'SERVICE_ROOM', 'SERVICE_PROGRAM');
    log.record('SERVICE_ATTESTED', false, { reason: 'its evidence is not accepted' });
    return null;
  };
  const outside = outsideValidity([certificate], at);
  if (outside !== null) return refuse(outside);
  if (!(await isSignedBy(certificate, certificate.publicKey, crypto)))
    return refuse('the certificate is not signed by its own key');
  try {
    const parts = readServiceEvidence(certificate);
    log.record('SERVICE_EVIDENCE', true);
    return parts;
  } catch (cause) {
    if (cause instanceof CleanroomError) return refuse(cause.message);
    throw cause;
  }
}

/* Microsoft's values count under the pinned roots; another service's are its anchors' word. */
function recordProgram(
  hostData: string,
  { anchors, reference }: ServiceContext,
  log: CheckLog,
): 'known' | 'unknown' | 'withdrawn' {
  const id: CheckId = 'SERVICE_PROGRAM';
  if (anchors.attestationServices.some((service) => service.hostData?.includes(hostData) === true)) {
    log.record(id, true, { actual: `${hostData}, named by the anchors` });
    return 'known';
  }
  const row = reference.services.find((service) => service.hostData === hostData);
  if (anchors.source !== 'pinned' || row === undefined) {
    log.skip(
      `${hostData} is not among the policies of attestation services that are known (table of ${reference.date})`,
      id,
    );
    return 'unknown';
  }
  const actual = `${row.name}, ${row.status} since ${row.date}`;
  log.record(id, row.status !== 'withdrawn', { actual, reason: `${row.name} does not run this any more` });
  return row.status === 'withdrawn' ? 'withdrawn' : 'known';
}

function passes(checks: readonly Check[], id: string): boolean {
  const made = checks.filter((check) => check.id === id);
  return made.length > 0 && made.every(({ status }) => status === 'pass');
}
