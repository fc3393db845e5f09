// A report and the certificates that fit it (azure-wire 2).

import { createHash } from 'node:crypto';

import * as v from 'valibot';

import { readSnpReport } from '../../attestation/snp/report.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { toHex } from '../../base/bytes/hex.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import type { SidecarConfig } from './config.js';
import { THIM_ENDPOINT } from './constants.js';
import { describeAnswer, sendRequest } from './http-client.js';
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
  if (answer.status !== 200) throw new Error(describeAnswer(answer));
  return readCertificates(answer.text);
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
  let report = await reportOver(runtimeData, config);
  let certificates = initial;
  for (let fetches = 0; !fits(report, certificates); fetches++) {
    if (config.certificateCache === null) throw new Error('the certificates are for another TCB');
    if (fetches === 2) throw new Error('the certificates are still for another TCB');
    if (fetches === 1) report = await reportOver(runtimeData, config);
    certificates = await fetchCertificates(config.certificateCache);
  }
  return { report, certificates, referenceInfo };
}

function fits(report: Uint8Array, { tcbm }: Certificates): boolean {
  const { reportedTcb } = readSnpReport(report);
  return BigInt(`0x${toHex(reportedTcb.slice().reverse())}`) === BigInt(`0x${tcbm}`);
}
