// Passing a request on to Azurite, as it streams.

import { type Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

export interface ForwardOptions {
  readonly agent: Agent;
  /** Unix socket of the server. */
  readonly socketPath: string;
  /** Path and query to send. */
  readonly target: string;
  readonly authorization: string | undefined;
  /** An answer of the server that is given up for another; told of its status and headers. Throws what is answered instead. */
  readonly refuse?: (answer: IncomingMessage) => void;
}

/* Of one connection only (RFC 9110 §7.6.1), or made anew. */
const NOT_FORWARDED = ['authorization', 'connection', 'keep-alive', 'expect', 'te', 'upgrade'];

/** The headers that are passed on. */
export function forwardedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !NOT_FORWARDED.includes(name))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

/** Sends the request on and its answer back; no body is held in memory. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { agent, socketPath, target, authorization, refuse }: ForwardOptions,
): Promise<void> {
  const headers = forwardedHeaders(request);
  if (authorization !== undefined && authorization !== '') headers['authorization'] = authorization;
  const outgoing = httpRequest({
    agent,
    socketPath,
    method: request.method,
    path: target,
    headers,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answered.catch(() => undefined);
  // An answer may come before the whole body was sent: a refusal, for example.
  pipeline(request, outgoing).catch(() => undefined);
  const answer = await answered;
  try {
    refuse?.(answer);
  } catch (cause) {
    answer.resume();
    throw cause;
  }
  const version = request.headers['x-ms-version'];
  response.writeHead(answer.statusCode ?? 502, ownHeaders(answer.rawHeaders, version));
  await pipeline(answer, response);
}

/* The version is that of the request, as in Azure: the server behind knows no newer one than its own. */
function ownHeaders(rawHeaders: readonly string[], version: string | string[] | undefined): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]];
    const known = name.toLowerCase();
    if (known === 'x-ms-version' && typeof version === 'string') kept.push(name, version);
    else if (!['connection', 'keep-alive', 'transfer-encoding'].includes(known)) kept.push(name, value);
  }
  return kept;
}
