// SHA-256 and length of a stream that passes by: what a seal statement says of header and payload.

import { createHash } from 'node:crypto';

import { sha256Hex, type Sha256Hex } from '../bytes/digest.js';

export interface ContentDigest {
  readonly sha256: Sha256Hex;
  readonly bytes: number;
}

export interface DigestTap {
  /** Passes `source` on unchanged. */
  tap(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Of what has passed so far. */
  digest(): ContentDigest;
}

/** Digest of bytes that are at hand. */
export function digestOf(bytes: Uint8Array): ContentDigest {
  return { sha256: sha256Hex(bytes), bytes: bytes.length };
}

/** A tap for one stream. */
export function createDigestTap(): DigestTap {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    tap: async function* (source) {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    digest: () => ({ sha256: hash.copy().digest('hex') as Sha256Hex, bytes }),
  };
}
