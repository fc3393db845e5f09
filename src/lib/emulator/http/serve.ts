// The one place where a service of the local Azure meets a socket: node:https (node:http for IMDS), loopback only.

import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';

import { CleanroomError, describeCause, systemErrorCode } from '../../base/errors.js';
import type { WireHandler, WireRequest, WireResponse } from './wire.js';

/** Certificate chain and private key of a TLS server, PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  /** Loopback address; 127.0.0.1 if absent. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Null: plain http. */
  readonly tls: TlsIdentity | null;
}

export interface ServeOptions extends ListenOptions {
  /** Longest request body in bytes; 4 MiB if absent. A longer one is answered with 413. */
  readonly maxBodyBytes?: number;
  /** Told of a failure inside a handler; the client sees a bare 500. */
  readonly onFailure?: (failure: unknown) => void;
}

export interface RunningServer {
  readonly port: number;
  /** `https://127.0.0.1:PORT`, no trailing slash. */
  readonly url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** A request as it streams in: for the storage front and the registry, which hold no body in memory. */
export type StreamHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Serves a handler whose requests and answers are small enough to hold in memory.
 *
 * @throws CleanroomError EMULATOR_PORT_TAKEN, EMULATOR_START_FAILED
 */
export function serveWire(handler: WireHandler, options: ServeOptions): Promise<RunningServer> {
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  return serveStream(async (request, response) => {
    const body = await readBody(request, maxBodyBytes);
    if (body === null) {
      writeWireResponse(response, { status: 413, headers: { connection: 'close' } });
      return;
    }
    writeWireResponse(response, await handler(toWireRequest(request, body)));
  }, options);
}

/** Serves a handler that streams. @throws CleanroomError EMULATOR_PORT_TAKEN, EMULATOR_START_FAILED */
export async function serveStream(handler: StreamHandler, options: ServeOptions): Promise<RunningServer> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handler(request, response).catch((failure: unknown) => {
      options.onFailure?.(failure);
      if (response.headersSent) response.destroy();
      else
        writeWireResponse(response, {
          status: 500,
          headers: { 'content-type': 'application/json' },
          body: '{"error":{"code":"InternalServerError","message":"The server encountered an internal error."}}',
        });
    });
  };
  const server =
    options.tls === null
      ? createHttpServer(listener)
      : createHttpsServer({ cert: options.tls.cert, key: options.tls.key }, listener);
  // Uploads of gigabytes and polling clients: no limit on a request, and connections are kept.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, host, options.port);
  return {
    port,
    url: `${options.tls === null ? 'http' : 'https'}://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        systemErrorCode(cause) === 'EADDRINUSE'
          ? new CleanroomError('EMULATOR_PORT_TAKEN', `port ${port} of ${host} is in use`, { cause })
          : new CleanroomError(
              'EMULATOR_START_FAILED',
              `cannot listen on ${host}:${port}: ${describeCause(cause)}`,
              { cause },
            ),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

/** The request without its body, in the form that handlers take. */
export function toWireRequest(request: IncomingMessage, body: Uint8Array): WireRequest {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const encrypted = 'encrypted' in request.socket;
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: request.method ?? 'GET',
    origin: `${encrypted ? 'https' : 'http'}://${request.headers.host ?? `${request.socket.localAddress ?? ''}:${request.socket.localPort ?? 0}`}`,
    path: decodePath(mark < 0 ? target : target.slice(0, mark)),
    target,
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers,
    body,
  };
}

/** A path that does not decode stays as it was sent: no route matches it. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Sends an answer with exactly the headers it names, and its length. */
export function writeWireResponse(response: ServerResponse, answer: WireResponse): void {
  const body = answer.body === undefined ? Buffer.alloc(0) : Buffer.from(answer.body);
  // A 204 or 304 has no body and no length (RFC 9110 §8.6).
  const length = answer.status === 204 || answer.status === 304 ? {} : { 'content-length': body.length };
  response.writeHead(answer.status, { ...length, ...answer.headers });
  response.end(body);
}

/** The body, or null where it is longer than `maxBytes`; the rest is then not read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
