// One request to Azure Storage over https with a SAS: no SDK, no redirects, every answer bounded, no SAS in an error.

import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';

import { concatBytes } from '../base/bytes/arrays.js';
import { CleanroomError, systemErrorCode } from '../base/errors.js';

const API_VERSION = '2021-12-02';
const MAX_ERROR_BODY = 64 * 1024;

export interface StorageExchange {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Without query. */
  readonly url: string;
  /** SAS and other parameters, without the question mark; secret. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Longest body of a good answer. */
  readonly maxBytes: number;
  /** What errors call the thing that was asked for; no part of the query. */
  readonly what: string;
}

export interface StorageAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Uint8Array;
}

/** Connections that trust the given roots (PEM) only; Node's built-in ones if null. */
export function createStorageAgent(tlsRoots: string | null): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: 8,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(tlsRoots === null ? {} : { ca: tlsRoots }),
  });
}

/** Sends one request and reads its answer whole. @throws CleanroomError SERVICE_UNREACHABLE */
export function exchangeWithStorage(
  agent: Agent,
  timeoutMs: number,
  { method, url, query, headers, body, maxBytes, what }: StorageExchange,
): Promise<StorageAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent,
      headers: { 'x-ms-version': API_VERSION, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    };
    const outgoing = request(`${url}?${query}`, options, (incoming) => {
      const status = incoming.statusCode ?? 0;
      collect(incoming, status < 300 ? maxBytes : MAX_ERROR_BODY).then(
        (bytes) => resolve({ status, headers: incoming.headers, bytes }),
        () => reject(foreignAnswer(what)),
      );
    });
    /* The cause is not kept: it may hold the whole URL, and with it the SAS. */
    outgoing.on('error', (cause) => {
      const code = systemErrorCode(cause) ?? cause.name;
      reject(new CleanroomError('SERVICE_UNREACHABLE', `${what}: no answer (${code})`));
    });
    outgoing.end(body ?? undefined);
  });
}

/** The error for an answer that no Azure Storage gives. */
export function foreignAnswer(what: string): CleanroomError {
  return new CleanroomError('SERVICE_UNREACHABLE', `${what}: the answer is not one of Azure Storage`);
}

/** Whether time can heal a refusal with this status. */
export function isBusy(status: number): boolean {
  return status >= 500 || status === 429;
}

async function collect(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) {
      incoming.destroy();
      throw new RangeError('the answer is too long');
    }
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}
