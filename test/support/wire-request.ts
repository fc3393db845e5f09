// Requests to a wire handler, as the adapter would make them from a socket.

import type { WireHandler, WireRequest } from '../../src/lib/emulator/http/wire.js';

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

export function wireRequest(method: string, url: string, options: RequestOptions = {}): WireRequest {
  const { origin, pathname, search } = new URL(url);
  const { body } = options;
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  return {
    method,
    origin,
    path: decodeURIComponent(pathname),
    target: pathname + search,
    query: new URLSearchParams(search),
    headers: Object.fromEntries(
      Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: body instanceof Uint8Array ? body : new TextEncoder().encode(text),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; null where it is no JSON. */
  readonly json: Record<string, unknown>;
}

/** Sends one request to `handler`. */
export async function send(
  handler: WireHandler,
  method: string,
  url: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const { status, headers = {}, body = '' } = await handler(wireRequest(method, url, options));
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { status, headers, text, json: parseOrNull(text) as Record<string, unknown> };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
