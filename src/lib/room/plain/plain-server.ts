// Page and API of a plain room. Whatever is asked, the answer begins with what the room is not.

import { createServer, type Server } from 'node:https';

import { PLAIN_NOTICE } from '../../contract/plain-notice.js';
import type { Check } from '../../base/verdict/check.js';
import type { RoomStatus } from '../room-status.js';
import { type Html, html } from '../../pages/html.js';

export interface PlainView {
  readonly name: string;
  readonly status: () => RoomStatus;
  readonly summaries: () => readonly string[] | null;
  readonly checks: () => readonly Check[];
  readonly tls: { readonly privateKeyPem: string; readonly certificate: string };
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** The server, not yet listening. Its certificate proves nothing: no report binds its key. */
export function createPlainServer(view: PlainView): Server {
  const options = { key: view.tls.privateKeyPem, cert: view.tls.certificate, minVersion: 'TLSv1.2' } as const;
  return createServer(options, (request, response) => {
    request.resume();
    const { status, type, body } = answer(view, (request.url ?? '/').split('?', 1)[0] ?? '/');
    response.writeHead(status, {
      ...HEADERS,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function answer(view: PlainView, path: string): Reply {
  switch (path) {
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: renderPage(view).markup };
    case '/healthz':
      return json(200, { alive: true });
    case '/status':
      return json(200, { name: view.name, ...plainStatus(view.status()) });
    case '/summary': {
      const summaries = view.summaries();
      return summaries === null
        ? json(404, { error: 'there is no summary yet' })
        : json(200, { summaries, checks: view.checks() });
    }
    case '/evidence':
    case '/receipt':
    case '/result':
      return json(410, { error: `this room has no ${path.slice(1)}: it is not confidential` });
    default:
      return json(404, { error: 'there is no such page in this room' });
  }
}

function json(status: number, value: Record<string, unknown>): Reply {
  const body = { notice: PLAIN_NOTICE, confidential: false, ...value };
  return { status, type: 'application/json', body: `${JSON.stringify(body)}\n` };
}

/* It has no keys, no budget and no results to store: it is not to look as if it had. */
function plainStatus(status: RoomStatus): RoomStatus {
  const own = ['inputs', 'model', 'summary', 'limits'];
  return { ...status, phases: status.phases.filter(({ id }) => own.includes(id)) };
}

function renderPage(view: PlainView): Html {
  const { state, code } = view.status();
  const summaries = view.summaries() ?? [];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${'NOT CONFIDENTIAL'} – ${view.name}</title>
      </head>
      <body>
        <p><strong>${PLAIN_NOTICE}</strong></p>
        <h1>${view.name}</h1>
        <p>${state}${code === null ? '' : ` (${code})`}</p>
        ${summaries.map(
          (text, index) =>
            html`<h2>${index === 0 ? 'All of it' : `Document ${index}`}</h2>
              <p>${text}</p>`,
        )}
      </body>
    </html>`;
}
