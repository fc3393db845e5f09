// SHA-256 and length of a stream that passes by: what a seal statement says of header and payload.

import { createHash } from 'node:crypto';

import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';

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

/** Digest of a stream, read to its end. */
export async function digestOfStream(source: AsyncIterable<Uint8Array>): Promise<ContentDigest> {
  const digest = createSplitDigest(0);
  for await (const chunk of source) digest.add(chunk);
  return digest.done().payload;
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

export interface SplitDigest {
  add(chunk: Uint8Array): void;
  done(): { readonly header: ContentDigest; readonly payload: ContentDigest };
}

/** Digests of the first `headerBytes` of what is added, and of the rest. */
export function createSplitDigest(headerBytes: number): SplitDigest {
  const parts = [createHash('sha256'), createHash('sha256')] as const;
  const bytes = { header: 0, payload: 0 };
  return {
    add: (chunk) => {
      const head = chunk.subarray(0, headerBytes - bytes.header);
      const rest = chunk.subarray(head.length);
      parts[0].update(head);
      parts[1].update(rest);
      bytes.header += head.length;
      bytes.payload += rest.length;
    },
    done: () => ({
      header: { sha256: parts[0].digest('hex') as Sha256Hex, bytes: bytes.header },
      payload: { sha256: parts[1].digest('hex') as Sha256Hex, bytes: bytes.payload },
    }),
  };
}
