// Shows a page in the user's browser without writing it to disk: served once, on loopback, under an address nobody can guess.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 2 * 60_000;
const SECRET_BYTES = 24;

export interface ShowPageOptions {
  readonly contentSecurityPolicy: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Told the address, for a machine on which no browser starts by itself. */
  readonly announce: (url: string) => void;
}

/**
 * Opens the browser (`BROWSER`, else the system's) on the page, and waits until it was fetched, at most two minutes.
 *
 * @returns whether it was fetched.
 * @throws the signal's reason
 */
export async function showPage(page: string, options: ShowPageOptions): Promise<boolean> {
  const path = `/${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const { server, fetched } = servePage(page, path, options.contentSecurityPolicy);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  try {
    options.announce(url);
    openBrowser(url, options.environment);
    return await Promise.race([fetched, sleep(WAIT_MS, false, { signal })]);
  } finally {
    over.abort();
    server.close();
    server.closeAllConnections();
  }
}

function servePage(
  page: string,
  path: string,
  contentSecurityPolicy: string,
): { readonly server: Server; readonly fetched: Promise<true> } {
  let done: () => void;
  const fetched = new Promise<true>((resolve) => (done = () => resolve(true)));
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== path) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    return response.end(page, () => done());
  });
  return { server, fetched };
}

/* A browser that cannot be started is no failure: the address has been said. */
function openBrowser(url: string, environment: Readonly<Record<string, string | undefined>>): void {
  const [command, ...before] = browserCommand(environment);
  if (command === undefined) return;
  const child = spawn(command, [...before, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}

function browserCommand({ BROWSER }: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (BROWSER !== undefined && BROWSER !== '') return [BROWSER];
  if (process.platform === 'darwin') return ['open'];
  return process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
}
