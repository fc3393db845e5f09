// A report and the certificates that fit it (skr, pkg/attest).

import { createHash } from 'node:crypto';

import * as v from 'valibot';

import { readSnpReport } from '../../attestation/snp/report.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { toHex } from '../../base/bytes/hex.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import type { SidecarConfig } from './config.js';
import { THIM_ENDPOINT } from './constants.js';
import { bodyOf, sendRequest, wrapping } from './http-client.js';
import { fetchReport } from './psp-client.js';

const HostCertificates = v.looseObject({
  vcekCert: v.string(),
  tcbm: v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{1,16}$/)),
  certificateChain: v.string(),
});

/** Certificates with the TCB that they are for. */
export interface Certificates {
  /** PEM: VCEK, ASK, ARK. */
  readonly chain: string;
  /** 16 hex digits, as THIM prints them. */
  readonly tcbm: string;
}

export interface Evidence {
  readonly report: Uint8Array;
  readonly certificates: Certificates;
  /** Text of `reference-info-base64`. */
  readonly referenceInfo: string;
}

/** Certificates at start: those of the security context, else THIM's. @throws Error: fatal at start. */
export async function initialCertificates({ securityContext }: SidecarConfig): Promise<Certificates> {
  const json = decodeUtf8(fromBase64(securityContext.hostCertificates.trim()) ?? new Uint8Array([0xff]));
  if (json !== null && json !== '') {
    const found = readCertificates(json);
    if (found.chain !== '') return found;
  }
  return fetchCertificates(THIM_ENDPOINT);
}

async function fetchCertificates(endpoint: string): Promise<Certificates> {
  const answer = await sendRequest({
    method: 'GET',
    url: `http://${endpoint}`,
    headers: { metadata: 'true' },
  });
  return readCertificates(bodyOf(answer));
}

function readCertificates(text: string): Certificates {
  const { vcekCert, certificateChain, tcbm } = v.parse(HostCertificates, parseStrictJson(text));
  return { chain: vcekCert + certificateChain, tcbm };
}

/** A report over SHA-256 of `runtimeData`, 32 zero bytes behind it. @throws Error */
export function reportOver(runtimeData: Uint8Array, { pspDevice }: SidecarConfig): Promise<Uint8Array> {
  const reportData = new Uint8Array(64);
  reportData.set(createHash('sha256').update(runtimeData).digest());
  return fetchReport(pspDevice, reportData);
}

/**
 * Report and certificates that name the same TCB; certificates are fetched anew where the firmware has moved on.
 *
 * @throws Error if they still differ after two fetches.
 */
export async function collectEvidence(
  runtimeData: Uint8Array,
  config: SidecarConfig,
  initial: Certificates,
): Promise<Evidence> {
  const { referenceInfo } = config.securityContext;
  const fetchReportAgain = (what: string): Promise<Uint8Array> =>
    wrapping(`Failed to retrieve ${what}`, () => reportOver(runtimeData, config));
  let report = await fetchReportAgain('attestation report');
  let certificates = initial;
  for (let fetches = 0; !fits(report, certificates); fetches++) {
    if (fetches === 2)
      throw new Error(
        `SNP reported TCB value: ${reportedTcb(report)} doesn't match Certificate TCB value: ${tcbOf(certificates)}`,
      );
    if (fetches === 1) report = await fetchReportAgain('new attestation report');
    certificates = await refreshCertificates(config.certificateCache);
  }
  return { report, certificates, referenceInfo };
}

function refreshCertificates(endpoint: string | null): Promise<Certificates> {
  return wrapping('Refreshing CertChain failed', () => {
    if (endpoint === null) throw new Error('failed to retrieve cert chain: certificate endpoint not set');
    return fetchCertificates(endpoint);
  });
}

function fits(report: Uint8Array, certificates: Certificates): boolean {
  return reportedTcb(report) === tcbOf(certificates);
}

function reportedTcb(report: Uint8Array): bigint {
  return BigInt(`0x${toHex(readSnpReport(report).reportedTcb.slice().reverse())}`);
}

function tcbOf({ tcbm }: Certificates): bigint {
  return BigInt(`0x${tcbm}`);
}
