// GET of JSON over https, for services of the emulator that ask each other.

import { request } from 'node:https';

import { parseStrictJson } from '../../base/bytes/strict-json.js';
import type { Json } from '../../base/bytes/canonical-json.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** A GET under the roots given; rejects unless it is answered with 200 and at most 1 MiB of JSON. No redirects. */
export function createJsonFetcher(rootPem: string): (url: string) => Promise<Json> {
  return (url) =>
    new Promise((resolve, reject) => {
      const options = { ca: rootPem, agent: false as const, signal: AbortSignal.timeout(TIMEOUT_MS) };
      const outgoing = request(url, options, (incoming) => {
        const chunks: Buffer[] = [];
        let length = 0;
        incoming.on('error', reject);
        incoming.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_BYTES) incoming.destroy(new Error(`${url}: more than 1 MiB`));
          else chunks.push(chunk);
        });
        incoming.on('end', () => {
          if (incoming.statusCode !== 200) reject(new Error(`${url}: status ${incoming.statusCode ?? 0}`));
          else resolveJson(Buffer.concat(chunks).toString('utf8'), resolve, reject);
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
}

function resolveJson(text: string, resolve: (value: Json) => void, reject: (cause: Error) => void): void {
  try {
    resolve(parseStrictJson(text));
  } catch (cause) {
    reject(cause instanceof Error ? cause : new Error('not JSON'));
  }
}
