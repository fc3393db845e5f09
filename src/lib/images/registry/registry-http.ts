// HTTP to registries: https (http on this machine only), redirects without credentials, bounded answers.

import { createSecureContext, type SecureContext } from 'node:tls';

import { CleanroomError } from '../../base/errors.js';
import { HttpFailure, readBody, type StreamedBody } from '../../http/exchange.js';
import { type FollowedAnswer, openFollowing } from '../../http/redirects.js';
import { isLoopback } from './reference.js';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: StreamedBody;
}

/** Its body is to be read or discarded. */
export type RegistryAnswer = FollowedAnswer;

/* Of silence, not of the whole transfer. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Sends a request and follows redirects of GET and HEAD. `authorization` goes to the first origin only.
 *
 * @param ca - PEM certificates to trust instead of the system's; undefined: the system's.
 * @throws CleanroomError REGISTRY_INSECURE, SERVICE_UNREACHABLE
 */
export async function sendRequest(
  url: URL,
  { headers, ...request }: RegistryRequest,
  ca: readonly string[] | undefined,
): Promise<RegistryAnswer> {
  try {
    return await openFollowing(
      {
        ...request,
        url,
        headers: { 'user-agent': 'cleanroom', ...headers },
        trust: ca === undefined ? { kind: 'system' } : { kind: 'context', secureContext: contextOf(ca) },
        idleTimeoutMs: IDLE_TIMEOUT_MS,
      },
      requireSecure,
    );
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    const code = cause.kind === 'redirects' ? 'REGISTRY_INSECURE' : 'SERVICE_UNREACHABLE';
    throw new CleanroomError(code, `${url.host} ${cause.message}`, { cause });
  }
}

/** The body of an answer, at most `maxBytes`. @throws CleanroomError REGISTRY_REFUSED, SERVICE_UNREACHABLE */
export async function readAnswer(answer: RegistryAnswer, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readBody(answer, maxBytes);
  } catch (cause) {
    throw registryFailure(answer, cause);
  }
}

/** What it means that the body of an answer cannot be read. */
export function registryFailure({ url }: RegistryAnswer, cause: unknown): unknown {
  if (!(cause instanceof HttpFailure)) return cause;
  const code = cause.kind === 'too-long' ? 'REGISTRY_REFUSED' : 'SERVICE_UNREACHABLE';
  return new CleanroomError(code, `${url.host} ${cause.message}`, { cause });
}

/* Plain http only to this machine, and only where the user himself named a registry on it. */
function requireSecure(target: URL, first: URL): void {
  const isLocal = isLoopback(target.hostname) && isLoopback(first.hostname);
  if (target.protocol === 'https:' || (target.protocol === 'http:' && isLocal)) return;
  throw new CleanroomError('REGISTRY_INSECURE', `${target.protocol}//${target.host} is not https`);
}

/* Reading 150 certificates takes longer than most requests: each list is read once. */
const contexts = new WeakMap<readonly string[], SecureContext>();

function contextOf(ca: readonly string[]): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext({ ca: [...ca] });
  contexts.set(ca, context);
  return context;
}
