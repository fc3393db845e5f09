// An answer of a sidecar in a form that is the same for the same thing: times, random values and the order of members do not count.

import { request } from 'node:http';

import { parseSnpReport } from '../../../src/lib/attestation/snp/report.js';
import { canonicalJson } from '../../../src/lib/base/bytes/canonical-json.js';
import { toHex } from '../../../src/lib/base/bytes/hex.js';
import type { SidecarQuestion } from './questions.js';

const MOMENTARY = ['iat', 'nbf', 'exp', 'jti', 'nonce'];

/** Status and body, as far as two sidecars have to agree on them. */
export async function askSidecarOnce(port: number, asked: SidecarQuestion): Promise<string> {
  const { status, text } = await send(port, asked);
  return `${status} ${stable(text)}`;
}

function stable(text: string): string {
  const objects = text.replaceAll('}{', '}\n{').split('\n');
  return objects.map((one) => stableObject(parsed(one) ?? one)).join(' ');
}

function stableObject(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  const { report, evidence, token, key, error, ...others } = value as Record<string, unknown>;
  const rest = canonicalJson(others as never);
  if (isFilled(report)) return `${rest} ${reportOf(Buffer.from(report, 'hex'))}`;
  if (isFilled(evidence)) return `${rest} ${reportOf(Buffer.from(evidence, 'base64'))}`;
  if (isFilled(token)) return claimsOf(token);
  if (isFilled(key)) return canonicalJson(parsed(key) as never);
  return error === undefined ? canonicalJson(value as never) : `${rest} ${errorOf(error)}`;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function reportOf(bytes: Uint8Array): string {
  const { reportData, hostData, measurement, vmpl } = parseSnpReport(bytes);
  return [reportData, hostData, measurement].map(toHex).concat(String(vmpl)).join(' ');
}

function claimsOf(token: string): string {
  const claims = parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
  const kept = Object.entries(claims).filter(([name]) => !MOMENTARY.includes(name));
  return canonicalJson(Object.fromEntries(kept));
}

/* Ids of a request and addresses of the moment. */
function errorOf(error: unknown): string {
  if (typeof error !== 'string') return canonicalJson(error as never);
  return error
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, '<id>')
    .replaceAll(/[\w-]{20,}\.[\w-]{20,}\.[\w-]+/g, '<token>');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function send(
  port: number,
  { method, path, body }: SidecarQuestion,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers =
      method === 'GET'
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(
      { host: 'localhost', port, path, method, headers, timeout: 120_000 },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in two minutes')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
