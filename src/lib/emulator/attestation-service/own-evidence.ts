// The service's own room: a group under a policy of its own, whose evidence its signing certificate carries (MAA).

import { ACI_SEV_SNP, SERVICE_EXTENSION } from '../../attestation/maa/service-certificate.js';
import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { sha256 } from '../../base/bytes/digest.js';
import type { AmdProcessor } from '../amd/authority.js';
import type { UtilityVm } from '../uvm/authority.js';

/** What the service runs on. */
export interface ServiceRoom {
  readonly processor: AmdProcessor;
  readonly utilityVm: UtilityVm;
}

/** Policy of the group that the emulated service says that it runs in. */
export const SERVICE_POLICY = 'package policy # the attestation service of the cleanroom emulator\n';

/** HOST_DATA of that group. */
export const SERVICE_HOST_DATA = sha256(SERVICE_POLICY);

/**
 * The two extensions that say where a signing key lives.
 *
 * @param publicKeyPem - SubjectPublicKeyInfo, lines of 64 ended by LF.
 */
export function evidenceExtensions(
  publicKeyPem: string,
  { processor, utilityVm }: ServiceRoom,
): readonly { readonly oid: string; readonly text: string }[] {
  const guest = processor.launchGuest(utilityVm.measurement, SERVICE_HOST_DATA);
  const reportData = concatBytes(sha256(`${publicKeyPem}\0`), new Uint8Array(32));
  const { vcek, ask, ark } = processor.chain;
  const evidence = {
    SnpReport: toBase64Url(processor.signReport(guest, reportData)),
    VcekCertChain: toBase64Url(utf8(vcek + ask + ark)),
    Endorsements: toBase64Url(utf8(JSON.stringify({ Uvm: [toBase64Url(utilityVm.endorsement)] }))),
  };
  return [
    { oid: SERVICE_EXTENSION.evidence, text: JSON.stringify(evidence) },
    { oid: SERVICE_EXTENSION.teeKind, text: ACI_SEV_SNP },
  ];
}
