// What anybody can send to an attestation service: its endpoint takes no login, only evidence.

import { toBase64Url } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import type { Connection } from '../../azure/connection.js';
import { callService } from '../../azure/service-exchange.js';

export interface ReplayedEvidence {
  readonly report: Uint8Array;
  readonly certificates: string;
  readonly uvm: Uint8Array;
  /** JSON text that the token is to vouch for. */
  readonly runtimeData: string;
}

/** Asks for a token over evidence. @throws CleanroomError ATTESTATION_REFUSED, SERVICE_UNREACHABLE */
export async function attestWith(
  connection: Connection,
  authority: string,
  { report, certificates, uvm, runtimeData }: ReplayedEvidence,
): Promise<void> {
  const encoded = (value: unknown): string => toBase64Url(utf8(JSON.stringify(value)));
  const evidence = {
    SnpReport: toBase64Url(report),
    VcekCertChain: toBase64Url(utf8(certificates)),
    Endorsements: encoded({ Uvm: [toBase64Url(uvm)] }),
  };
  const body = {
    report: encoded(evidence),
    runtimeData: { data: toBase64Url(utf8(runtimeData)), dataType: 'JSON' },
  };
  const url = `${authority}/attest/SevSnpVm?api-version=2022-08-01`;
  const { status } = await callService(connection, { method: 'POST', url, token: null, json: body });
  if (status === 200) return;
  throw new CleanroomError('ATTESTATION_REFUSED', `the attestation service answers ${status}`);
}
