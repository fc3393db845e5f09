// One JSON request to a service that no SDK of ours covers, over the connection's TLS roots.

import { request } from 'node:https';

import { CleanroomError, describeCause } from '../base/errors.js';
import type { Connection } from './connection.js';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Posts `body`, with a bearer token where one is given; the answer whatever its status. @throws CleanroomError SERVICE_UNREACHABLE */
export function postJson(
  { tls }: Connection,
  url: string,
  body: unknown,
  token?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...tls,
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_BYTES) incoming.destroy();
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', (cause) =>
      reject(
        new CleanroomError('SERVICE_UNREACHABLE', `${new URL(url).host}: ${describeCause(cause)}`, { cause }),
      ),
    );
    outgoing.end(JSON.stringify(body));
  });
}
