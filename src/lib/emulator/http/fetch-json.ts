// GET of JSON over https, for services of the emulator that ask each other.

import type { Json } from '../../base/bytes/canonical-json.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { exchange } from '../../http/exchange.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** A GET under the roots given; rejects unless it is answered with 200 and at most 1 MiB of JSON. No redirects. */
export function createJsonFetcher(rootPem: string): (url: string) => Promise<Json> {
  const trust = { kind: 'roots', ca: rootPem } as const;
  return async (url) => {
    const answer = await exchange({ method: 'GET', url, trust, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
    if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`);
    return parseStrictJson(new TextDecoder().decode(answer.body));
  };
}
