// Exchanges evidence for a token of an attestation service (MAA).

import { randomBytes } from 'node:crypto';

import * as v from 'valibot';

import { utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import type { SidecarConfig } from './config.js';
import { MAA_API_VERSION } from './constants.js';
import type { Evidence } from './evidence.js';
import { bodyOf, sendRequest, wrapping } from './http-client.js';

const Answer = v.looseObject({ token: v.pipe(v.string(), v.minLength(1)) });

/**
 * A token for `evidence`.
 *
 * @param endpoint - host, with port where it is not 443; https always.
 * @throws Error with the service's status and body.
 */
export async function fetchToken(
  endpoint: string,
  evidence: Evidence,
  runtimeData: Uint8Array,
  { tlsRoots, userAgent }: SidecarConfig,
): Promise<string> {
  return wrapping('Retrieving MAA token from MAA endpoint failed', async () => {
    const answer = await wrapping('maa post request failed', () =>
      sendRequest({
        method: 'POST',
        url: `https://${endpoint}/attest/SevSnpVM?api-version=${MAA_API_VERSION}`,
        headers: { 'content-type': 'application/json', 'user-agent': userAgent },
        body: renderMaaRequest(evidence, runtimeData),
        roots: tlsRoots,
      }),
    );
    const body = await wrapping('pulling maa post response failed', () => bodyOf(answer));
    return wrapping(
      'unmarshalling maa http response body failed',
      () => v.parse(Answer, JSON.parse(body)).token,
    );
  });
}

/** The body as Microsoft's sidecar writes it. The nonce is a number of 64 bits, written into the text: no JavaScript number holds it. */
export function renderMaaRequest(evidence: Evidence, runtimeData: Uint8Array): string {
  const nonce = randomBytes(8).readBigUInt64BE();
  const body = JSON.stringify({
    report: padded(utf8(JSON.stringify(renderReport(evidence)))),
    runtimeData: { data: padded(runtimeData), dataType: 'JSON' },
    initTimeData: { data: '', dataType: '' },
  });
  return `${body.slice(0, -1)},"nonce":${nonce}}`;
}

function renderReport({ report, certificates, referenceInfo }: Evidence): Record<string, string> {
  const uvm = fromBase64(referenceInfo.trim());
  return {
    SnpReport: padded(report),
    VcekCertChain: padded(utf8(certificates.chain)),
    ...(uvm === null || uvm.length === 0
      ? {}
      : { Endorsements: padded(utf8(JSON.stringify({ Uvm: [padded(uvm)] }))) }),
  };
}

/** base64url with padding: what Go's URLEncoding writes. */
function padded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
}
