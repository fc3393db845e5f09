// One request to Azure Storage over https with a SAS: no SDK, no redirects, every answer bounded, no SAS in an error.

import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';

import { CleanroomError } from '../base/errors.js';
import { exchange, HttpFailure } from '../http/exchange.js';

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

/**
 * Sends one request and reads its answer whole. No error holds the query: it is the SAS.
 *
 * @throws CleanroomError SERVICE_UNREACHABLE
 */
export async function exchangeWithStorage(
  agent: Agent,
  timeoutMs: number,
  { method, url, query, headers, body, maxBytes, what }: StorageExchange,
): Promise<StorageAnswer> {
  try {
    const answer = await exchange({
      method,
      url: `${url}?${query}`,
      headers: { 'x-ms-version': API_VERSION, ...headers },
      body,
      agent,
      timeoutMs,
      maxBytes: Math.max(maxBytes, MAX_ERROR_BODY),
    });
    if (answer.status < 300 && answer.body.length > maxBytes) throw foreignAnswer(what);
    return { status: answer.status, headers: answer.headers, bytes: answer.body };
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    throw new CleanroomError('SERVICE_UNREACHABLE', `${what}: the storage service ${cause.message}`);
  }
}

/** The error for an answer that no Azure Storage gives. */
export function foreignAnswer(what: string): CleanroomError {
  return new CleanroomError('SERVICE_UNREACHABLE', `${what}: the answer is not one of Azure Storage`);
}

/** Whether time can heal a refusal with this status. */
export function isBusy(status: number): boolean {
  return status >= 500 || status === 429;
}
