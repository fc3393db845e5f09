// One request to a service that no SDK of ours covers: https, the connection's TLS roots, a bounded answer.

import { CleanroomError } from '../base/errors.js';
import { exchange, type HttpAnswer, HttpFailure } from '../http/exchange.js';
import type { Connection } from './connection.js';
import { serviceAt } from './recording/service-recording.js';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /** Bearer token to show; null: none. */
  readonly token: string | null;
  /** Sent as JSON; absent: no body. */
  readonly json?: unknown;
}

export interface ServiceAnswer {
  readonly status: number;
  /** The service's clock, as its header has it. */
  readonly date: string | undefined;
  readonly text: string;
}

/** The answer, whatever its status. @throws CleanroomError SERVICE_UNREACHABLE */
export async function callService(
  connection: Connection,
  { method, url, token, json }: ServiceRequest,
): Promise<ServiceAnswer> {
  const { tls } = connection;
  const requestHeaders = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = json === undefined ? '' : JSON.stringify(json);
  try {
    const { status, headers, body } = await exchange({
      method,
      url,
      headers: requestHeaders,
      body: json === undefined ? null : sent,
      trust: tls === undefined ? { kind: 'system' } : { kind: 'context', secureContext: tls.secureContext },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    const text = new TextDecoder().decode(body);
    await connection.recorder?.({
      ...{ service: serviceAt(new URL(url), connection.profile), method, url, requestHeaders, status },
      requestBody: { text: sent, length: Buffer.byteLength(sent) },
      answerHeaders: singleHeaders(headers),
      answerBody: { text, length: body.length },
    });
    return { status, date: headers.date, text };
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    throw new CleanroomError('SERVICE_UNREACHABLE', `${new URL(url).host} ${cause.message}`, { cause });
  }
}

function singleHeaders(headers: HttpAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
