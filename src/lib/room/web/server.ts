// The room's https service: the page and a small read-only API, with the key that the room's report binds.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';

import { isNonce } from '../../evidence/room-runtime-data.js';
import type { RoomView } from '../room-view.js';
import type { RateLimit } from '../rate-limit.js';
import { renderPage } from './page.js';
import { CONTENT_SECURITY_POLICY } from '../../pages/style.js';

const MAX_TARGET_CHARACTERS = 512;
const MAX_CONNECTIONS = 512;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5000;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RoomServerOptions {
  readonly view: RoomView;
  /** PEM of the attested key and its self-signed certificate. */
  readonly privateKey: string;
  readonly certificate: string;
  /** Of fresh evidence. */
  readonly rateLimit: RateLimit;
}

/** The server, not yet listening. It takes GET and HEAD without a body and answers nothing else. */
export function createRoomServer({ view, privateKey, certificate, rateLimit }: RoomServerOptions): Server {
  const server = createServer(
    {
      key: privateKey,
      cert: certificate,
      minVersion: 'TLSv1.2',
      maxHeaderSize: 8192,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      answer(view, rateLimit, request).then(
        (reply) => send(request, response, reply),
        () => send(request, response, problem(503, 'the room cannot answer this now')),
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 1000;
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

async function answer(view: RoomView, rateLimit: RateLimit, request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...problem(405, 'only GET and HEAD'), headers: { allow: 'GET, HEAD' } };
  const target = request.url ?? '/';
  if (target.length > MAX_TARGET_CHARACTERS) return problem(414, 'the address is too long');
  const [path, query = ''] = splitTarget(target);
  switch (path) {
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: renderPage(view) };
    case '/healthz':
      return json(200, { alive: true });
    case '/readyz':
      return readiness(view);
    case '/status':
      return json(200, statusOf(view));
    case '/evidence':
      return await evidence(view, rateLimit, query);
    case '/receipt':
      return present(view.receipt()?.jws ?? null, 'application/jose', 'receipt');
    case '/result':
      return present(view.sealedResult(), 'application/jose+json', 'result');
    case '/summary':
      return summary(view);
    default:
      return problem(404, 'there is no such page in this room');
  }
}

function splitTarget(target: string): readonly [string, string?] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Ready: the result can be had. Not ready is no failure; probes of liveness ask /healthz. */
function readiness(view: RoomView): Reply {
  const { state } = view.status();
  return json(state === 'done' ? 200 : 503, { ready: state === 'done', state });
}

function statusOf(view: RoomView): unknown {
  const { contract, contractDigest, policyHash } = view;
  return {
    name: contract.name,
    contract: contractDigest,
    policy: policyHash,
    delivery: contract.summary.delivery,
    ...view.status(),
  };
}

async function evidence(view: RoomView, rateLimit: RateLimit, query: string): Promise<Reply> {
  const parameters = new URLSearchParams(query);
  const nonces = parameters.getAll('nonce');
  const nonce = nonces[0] ?? '';
  if (nonces.length !== 1 || [...parameters.keys()].length !== 1 || !isNonce(nonce))
    return problem(400, 'give one nonce: base64url of 16 to 64 bytes');
  if (!rateLimit.take())
    return { ...problem(429, 'too many reports were asked for; try again'), headers: { 'retry-after': '2' } };
  return { status: 200, type: 'application/json', body: await view.evidence(nonce) };
}

function summary(view: RoomView): Reply {
  if (view.contract.summary.delivery !== 'page')
    return problem(403, 'the contract delivers the summary sealed to its recipients only');
  const summaries = view.summaries();
  return summaries === null
    ? problem(404, 'there is no summary yet')
    : json(200, { summaries: summaries.map((text) => ({ text })) });
}

function present(body: string | null, type: string, what: string): Reply {
  return body === null ? problem(404, `there is no ${what} yet`) : { status: 200, type, body };
}

function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function problem(status: number, message: string): Reply {
  return json(status, { error: message });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers }: Reply,
): void {
  request.resume();
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': length,
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
