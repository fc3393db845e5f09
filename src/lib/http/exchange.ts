// One HTTP exchange: a request, and its answer as a stream or whole. Bounded in time and bytes; no redirect, no proxy, no
// retry. An answer that ends before its length, or that a closed connection cuts off, is a failure (RFC 9112 §8).

import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type SecureContext, TLSSocket } from 'node:tls';

import { concatBytes } from '../base/bytes/arrays.js';
import { CleanroomError, systemErrorCode } from '../base/errors.js';
import { lookUpLoopback } from './loopback.js';

/** Whose certificates are believed over https. */
export type TlsTrust =
  | { readonly kind: 'system' }
  /** PEM; these only. */
  | { readonly kind: 'roots'; readonly ca: string | readonly string[] }
  /** Roots that were read before: 150 certificates take longer than a request. */
  | { readonly kind: 'context'; readonly secureContext: SecureContext }
  /** Nobody's: the answer tells the certificate, whose key the caller compares with one that it knows. */
  | { readonly kind: 'key-of-answer' };

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** http or https. */
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | StreamedBody | null;
  /** The system's if absent. */
  readonly trust?: TlsTrust;
  /** Keeps connections; one for each request if absent. Its own TLS settings count, not `trust`. */
  readonly agent?: Agent;
  /** Ends the exchange with its reason. */
  readonly signal?: AbortSignal;
}

/** A body that is too large for memory. */
export interface StreamedBody {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface WholeExchange extends HttpRequest {
  /** Of the whole exchange. */
  readonly timeoutMs: number;
  /** Longest body of an answer. */
  readonly maxBytes: number;
}

export interface StreamedExchange extends HttpRequest {
  /** Of silence, not of the whole transfer. */
  readonly idleTimeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** DER of the certificate that ended the TLS connection, where `trust` asked for it. */
  readonly certificate: Uint8Array | null;
}

export interface StreamedAnswer extends Omit<HttpAnswer, 'body'> {
  /** Once; @throws HttpFailure */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the exchange; the rest of the answer is not read. */
  discard(): void;
}

/**
 * Why there is no answer. The message completes a sentence about the service, and names neither URL nor header: either may
 * hold a secret.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';

  constructor(
    readonly kind: 'unreachable' | 'silent' | 'cut-off' | 'too-long' | 'redirects',
    message: string,
  ) {
    super(message);
  }
}

/** Sends one request and reads its answer whole. @throws HttpFailure; the signal's reason */
export async function exchange({ timeoutMs, maxBytes, ...request }: WholeExchange): Promise<HttpAnswer> {
  const clock = AbortSignal.timeout(timeoutMs);
  const stop = request.signal === undefined ? clock : AbortSignal.any([clock, request.signal]);
  try {
    const incoming = await send({ ...request, signal: stop });
    const answer = describe(incoming, request);
    return { ...answer, body: await readBody({ body: readPieces(incoming, failureOf) }, maxBytes) };
  } catch (cause) {
    if (request.signal?.aborted === true) throw request.signal.reason;
    if (clock.aborted) throw new HttpFailure('silent', `does not answer within ${timeoutMs} ms`);
    throw failureOf(cause);
  }
}

/** Sends one request; the answer's body is still to be read, or discarded. @throws HttpFailure; the signal's reason */
export async function openExchange({ idleTimeoutMs, ...request }: StreamedExchange): Promise<StreamedAnswer> {
  const silent = new HttpFailure('silent', `is silent for ${idleTimeoutMs} ms`);
  const failed = (cause: unknown): unknown =>
    request.signal?.aborted === true ? request.signal.reason : failureOf(cause);
  let incoming: IncomingMessage;
  try {
    incoming = await send(request, { afterMs: idleTimeoutMs, failure: silent });
  } catch (cause) {
    throw failed(cause);
  }
  return {
    ...describe(incoming, request),
    body: readPieces(incoming, failed),
    discard: () => void incoming.on('error', () => undefined).destroy(),
  };
}

/** The body of an answer, at most `maxBytes`; the rest is discarded. @throws HttpFailure */
export async function readBody(
  { body }: Pick<StreamedAnswer, 'body'>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the exchange.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

interface Silence {
  readonly afterMs: number;
  readonly failure: HttpFailure;
}

/* Resolves with the head of the answer. */
async function send(
  { method, url, headers = {}, body = null, trust = { kind: 'system' }, agent, signal }: HttpRequest,
  silence?: Silence,
): Promise<IncomingMessage> {
  const streamed = body !== null && typeof body === 'object' && 'bytes' in body ? body : null;
  const target = new URL(url);
  const options = {
    method,
    headers: streamed === null ? headers : { ...headers, 'content-length': String(streamed.size) },
    agent: agent ?? (false as const),
    ...(target.hostname === 'localhost' ? { lookup: lookUpLoopback } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(silence === undefined ? {} : { timeout: silence.afterMs }),
  };
  const outgoing =
    target.protocol === 'https:'
      ? requestHttps(target, { ...options, minVersion: 'TLSv1.2', ...tlsOptions(trust) })
      : requestHttp(target, options);
  if (silence !== undefined) outgoing.on('timeout', () => outgoing.destroy(silence.failure));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  });
  answered.catch(() => undefined);
  if (streamed === null) outgoing.end(body ?? undefined);
  // A service may refuse before it has read everything: its answer counts, not the broken pipe.
  else await Promise.race([answered, pipeline(Readable.from(streamed.bytes), outgoing)]);
  return answered;
}

function tlsOptions(trust: TlsTrust) {
  switch (trust.kind) {
    case 'system':
      return {};
    case 'roots':
      return { ca: typeof trust.ca === 'string' ? trust.ca : [...trust.ca] };
    case 'context':
      return { secureContext: trust.secureContext };
    case 'key-of-answer':
      return { rejectUnauthorized: false };
  }
}

function describe(
  { statusCode, headers, socket }: IncomingMessage,
  { trust }: HttpRequest,
): Omit<HttpAnswer, 'body'> {
  const asked = trust?.kind === 'key-of-answer' && socket instanceof TLSSocket;
  return {
    status: statusCode ?? 0,
    headers,
    certificate: asked ? new Uint8Array(socket.getPeerCertificate().raw) : null,
  };
}

async function* readPieces(
  incoming: IncomingMessage,
  failed: (cause: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of incoming) yield chunk as Uint8Array;
  } catch (cause) {
    throw failed(cause);
  }
  if (!incoming.complete) throw cutOff();
}

/* What the body of the request throws is the caller's own. */
function failureOf(cause: unknown): Error {
  if (cause instanceof HttpFailure || cause instanceof CleanroomError) return cause;
  const code = systemErrorCode(cause) ?? (cause instanceof Error ? cause.name : 'unknown');
  const isCut = cause instanceof Error && cause.message === 'aborted';
  return isCut ? cutOff() : new HttpFailure('unreachable', `cannot be reached (${code})`);
}

function cutOff(): HttpFailure {
  return new HttpFailure('cut-off', 'breaks off its answer');
}

function tooLong(maxBytes: number): HttpFailure {
  return new HttpFailure('too-long', `answers with more than ${maxBytes} bytes`);
}
