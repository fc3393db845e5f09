// gzip and zstd, told apart by their first bytes. Bounded: a bomb is refused long before it fills memory or time.

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { CleanroomError, describeCause } from '../../base/errors.js';

export type Compression = 'none' | 'gzip' | 'zstd';

/* An uncompressed layer larger than this is refused. */
const MAX_BYTES = 64 * 2 ** 30;
/* Real files do not compress better than this over a whole layer; checked beyond the first GiB. */
const MAX_RATIO = 100;
const RATIO_FREE_BYTES = 2 ** 30;

/** Which compression begins like this. */
export function detectCompression(start: Uint8Array): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  const isZstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
  return isZstd ? 'zstd' : 'none';
}

/**
 * The uncompressed bytes of `stored`; passed through where it is not compressed.
 *
 * @param what - names the input in errors.
 * @throws CleanroomError LAYER_UNPACKABLE: broken or cut short, or a bomb.
 */
export async function* decompress(
  stored: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const counter = { read: 0 };
  const source = counted(stored, counter)[Symbol.asyncIterator]();
  const start = await readStart(source);
  const compression = detectCompression(start);
  const input = rejoin(start, source);
  if (compression === 'none') {
    yield* input;
    return;
  }
  let written = 0;
  const unpacked = compression === 'gzip' ? gunzip(copied(input)) : unzstd(copied(input));
  for await (const chunk of unpack(unpacked, what)) {
    written += chunk.length;
    if (written > MAX_BYTES || (written > RATIO_FREE_BYTES && written > MAX_RATIO * counter.read)) {
      throw new CleanroomError(
        'LAYER_UNPACKABLE',
        `${what} grows from ${counter.read} to more than ${written} bytes: a decompression bomb`,
      );
    }
    yield chunk;
  }
}

/* Errors of the decompressors as ours; those of the source are passed on. */
async function* unpack(chunks: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    if (cause instanceof CleanroomError) throw cause;
    throw new CleanroomError('LAYER_UNPACKABLE', `${what} cannot be decompressed: ${describeCause(cause)}`, {
      cause,
    });
  }
}

/* Decompressors keep what they are given for later; the source may use its memory again. */
async function* copied(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  counter: { read: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    counter.read += chunk.length;
    yield chunk;
  }
}

async function readStart(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array();
  while (start.length < 4) {
    const next = await source.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return start;
}

async function* rejoin(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(input, { objectMode: false, highWaterMark: 1 << 20 });
  const gunzipper = createGunzip({ chunkSize: 1 << 18 });
  source.on('error', (error) => gunzipper.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzipper)) yield chunk as Buffer;
  } finally {
    source.destroy();
  }
}

async function* unzstd(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  let ready: Uint8Array[] = [];
  const decompressor = new Decompress((chunk) => {
    ready.push(chunk);
  });
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length; at += 1 << 16) {
      decompressor.push(chunk.subarray(at, at + (1 << 16)));
      yield* ready;
      ready = [];
    }
  }
  decompressor.push(new Uint8Array(), true);
  yield* ready;
}
