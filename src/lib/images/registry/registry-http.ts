// HTTP to registries: https (http on this machine only), redirects without credentials, bounded answers.

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, type SecureContext } from 'node:tls';

import { CleanroomError, describeCause } from '../../base/errors.js';
import { isLoopback } from './reference.js';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly size: number; readonly bytes: AsyncIterable<Uint8Array> };
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** To be read or destroyed. */
  readonly body: IncomingMessage;
}

const MAX_REDIRECTS = 5;
/* Of silence, not of the whole transfer. */
const IDLE_TIMEOUT_MS = 60_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows redirects of GET and HEAD. `authorization` goes to the first origin only.
 *
 * @param ca - PEM certificates to trust instead of the system's; undefined: the system's.
 * @throws CleanroomError REGISTRY_INSECURE, SERVICE_UNREACHABLE
 */
export async function sendRequest(
  url: URL,
  request: RegistryRequest,
  ca: readonly string[] | undefined,
): Promise<RegistryAnswer> {
  let target = url;
  let headers = request.headers ?? {};
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    requireSecure(target, url);
    const answer = await sendOnce(target, { ...request, headers }, ca);
    const { location } = answer.headers;
    const isFollowed = request.method === 'GET' || request.method === 'HEAD';
    if (!REDIRECTS.has(answer.status) || location === undefined || !isFollowed) return answer;
    answer.body.destroy();
    const next = new URL(location, target);
    if (next.origin !== target.origin) headers = withoutAuthorization(headers);
    target = next;
  }
  throw new CleanroomError('REGISTRY_INSECURE', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
}

/** The body of an answer, at most `maxBytes`. @throws CleanroomError REGISTRY_REFUSED */
export async function readAnswer(answer: RegistryAnswer, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) {
      answer.body.destroy();
      throw new CleanroomError(
        'REGISTRY_REFUSED',
        `${answer.url.host} answers with more than ${maxBytes} bytes`,
      );
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/* Plain http only to this machine, and only where the user himself named a registry on it. */
function requireSecure(target: URL, first: URL): void {
  const isLocal = isLoopback(target.hostname) && isLoopback(first.hostname);
  if (target.protocol === 'https:' || (target.protocol === 'http:' && isLocal)) return;
  throw new CleanroomError('REGISTRY_INSECURE', `${target.protocol}//${target.host} is not https`);
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}

/* Reading 150 certificates takes longer than most requests: each list is read once. */
const contexts = new WeakMap<readonly string[], SecureContext>();

function contextOf(ca: readonly string[]): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext({ ca: [...ca] });
  contexts.set(ca, context);
  return context;
}

async function sendOnce(
  url: URL,
  { method, headers, body }: RegistryRequest,
  ca: readonly string[] | undefined,
): Promise<RegistryAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(body.size) };
  const outgoing = send(url, {
    method,
    headers: { 'user-agent': 'cleanroom', ...headers, ...length },
    timeout: IDLE_TIMEOUT_MS,
    ...(ca === undefined ? {} : { secureContext: contextOf(ca) }),
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${IDLE_TIMEOUT_MS} ms`)));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  try {
    if (body === undefined) outgoing.end();
    // A registry may refuse before it has read everything: its answer counts, not the broken pipe.
    else await Promise.race([answered, pipeline(Readable.from(body.bytes), outgoing)]);
    const message = await answered;
    return { status: message.statusCode ?? 0, headers: message.headers, url, body: message };
  } catch (cause) {
    answered.catch(() => undefined);
    if (cause instanceof CleanroomError) throw cause;
    throw new CleanroomError(
      'SERVICE_UNREACHABLE',
      `${url.host} cannot be reached: ${describeCause(cause)}`,
      { cause },
    );
  }
}
