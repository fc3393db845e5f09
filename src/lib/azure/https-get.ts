// One GET over https with a connection's TLS roots: no retry, no redirect, a bounded answer.

import { request } from 'node:https';

import { CleanroomError, describeCause } from '../base/errors.js';
import type { Connection } from './connection.js';

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface HttpsAnswer {
  readonly status: number;
  readonly date: string | undefined;
  readonly text: string;
}

/** @param token - bearer token to show; null: none. @throws CleanroomError SERVICE_UNREACHABLE */
export function httpsGet({ ca }: Connection, url: string, token: string | null): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false as const,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(ca === undefined ? {} : { ca: [...ca] }),
    };
    const failed = (cause: Error): void =>
      reject(new CleanroomError('SERVICE_UNREACHABLE', `not reached (${describeCause(cause)})`, { cause }));
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('error', failed);
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BYTES) incoming.destroy(new RangeError('the answer is too long'));
        else chunks.push(chunk);
      });
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          date: incoming.headers.date,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.on('error', failed);
    outgoing.end();
  });
}
