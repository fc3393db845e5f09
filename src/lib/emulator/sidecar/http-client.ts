// Requests of the sidecar: http to the metadata service, https to vault and attestation service. No redirects, no proxy.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

import { describeCause } from '../../base/errors.js';
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
  /** `403 Forbidden`. */
  readonly statusLine: string;
  readonly text: string;
}

/** Sends one request. @throws Error if the service cannot be reached or answers more than 1 MiB; in Go's words */
export function sendRequest(request: HttpRequest): Promise<HttpAnswer> {
  const method = request.method === 'GET' ? 'Get' : 'Post';
  return wrapping(`HTTP GET failed: ${method} "${request.url}"`, () => exchange(request));
}

function exchange({ method, url, headers = {}, body, roots }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      headers: { ...headers, ...length },
      agent: false as const,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    };
    const isHttps = url.startsWith('https://');
    const place = splitUrl(url);
    const outgoing = isHttps
      ? requestHttps({ ...place, ...options, ...(roots === undefined ? {} : { ca: [...roots] }) })
      : requestHttp({ ...place, ...options });
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
        resolve({
          status: incoming.statusCode ?? 0,
          statusLine: `${incoming.statusCode ?? 0} ${incoming.statusMessage ?? ''}`,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.end(body);
  });
}

/* The path as it is: a key name with dots goes out as Go sends it, which does not resolve them. */
function splitUrl(url: string): { readonly host: string; readonly port: string; readonly path: string } {
  const { hostname, port, protocol } = new URL(url);
  const [, path = '/'] = /^https?:\/\/[^/]+(\/.*)$/.exec(url) ?? [];
  return { host: hostname, port: port === '' ? (protocol === 'https:' ? '443' : '80') : port, path };
}

/** The body of an answer of 200 to 207. @throws Error in the sidecar's words (pkg/common/http.go) */
export function bodyOf({ status, statusLine, text }: HttpAnswer): string {
  if (status >= 200 && status <= 207) return text;
  throw new Error(`${text}: http response status equal to ${statusLine}`);
}

/** As Go's errors.Wrapf: `what` before the cause of a failure. */
export async function wrapping<T>(what: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new Error(`${what}: ${describeCause(cause)}`, { cause });
  }
}
