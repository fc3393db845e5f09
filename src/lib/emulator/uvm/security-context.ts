// The files that the guest agent puts into /security-context-…, and THIM's answer on the metadata service (skr, pkg/attest).

import { toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import type { AmdProcessor } from '../amd/authority.js';
import { jsonResponse } from '../http/messages.js';
import type { WireHandler } from '../http/wire.js';
import type { UtilityVm } from './authority.js';

export const THIM_PATH = '/metadata/THIM/amd/certification';

/** THIM's JSON: the VCEK, its TCB, and the chain above it. */
export interface HostCertificates {
  readonly vcekCert: string;
  readonly tcbm: string;
  readonly certificateChain: string;
  readonly cacheControl: string;
}

export function hostCertificates({ chain, tcbm }: AmdProcessor): HostCertificates {
  return {
    vcekCert: chain.vcek,
    tcbm,
    certificateChain: chain.ask + chain.ark,
    cacheControl: '86400',
  };
}

/**
 * Name to content of the security-context files of a group.
 *
 * @param ccePolicy - as it stands in the ARM request: standard base64 of the Rego text.
 */
export function securityContextFiles(
  ccePolicy: string,
  processor: AmdProcessor,
  utilityVm: UtilityVm,
): Readonly<Record<'security-policy-base64' | 'host-amd-cert-base64' | 'reference-info-base64', string>> {
  return {
    'security-policy-base64': ccePolicy,
    'host-amd-cert-base64': toBase64(utf8(JSON.stringify(hostCertificates(processor)))),
    'reference-info-base64': toBase64(utilityVm.endorsement),
  };
}

/** Answers `GET /metadata/THIM/amd/certification` of the metadata service. */
export function createCertificatesHandler(processor: AmdProcessor): WireHandler {
  return (request) => {
    if (request.path.toLowerCase() !== THIM_PATH.toLowerCase() || request.method !== 'GET')
      return Promise.resolve(jsonResponse(404, { error: 'not_found' }));
    if (request.headers['metadata']?.toLowerCase() !== 'true')
      return Promise.resolve(
        jsonResponse(400, { error: 'Bad request. Required metadata header not specified' }),
      );
    return Promise.resolve(jsonResponse(200, { ...hostCertificates(processor) }));
  };
}
