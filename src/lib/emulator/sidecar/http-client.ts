// Requests of the sidecar: http to the metadata service, https to vault and attestation service. No redirects, no proxy.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

import { MAX_ANSWER_BYTES, REQUEST_TIMEOUT_MS } from './constants.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM; for https. */
  readonly roots?: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends one request. @throws Error if the service cannot be reached or answers more than 1 MiB. */
export function sendRequest({ method, url, headers = {}, body, roots }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      headers: { ...headers, ...length },
      agent: false as const,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    };
    const isHttps = url.startsWith('https://');
    const outgoing = isHttps
      ? requestHttps(url, { ...options, ...(roots === undefined ? {} : { ca: [...roots] }) })
      : requestHttp(url, options);
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let received = 0;
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > MAX_ANSWER_BYTES) incoming.destroy(new Error('the answer is larger than 1 MiB'));
        else chunks.push(chunk);
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(body);
  });
}

/** Status and body as the sidecar puts them into its own errors. */
export function describeAnswer({ status, text }: HttpAnswer): string {
  return `${text}: http response status equal to ${status}`;
}
