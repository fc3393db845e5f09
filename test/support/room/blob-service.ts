// Blob storage in memory for tests of the room: the wire that its client speaks (HEAD, ranged GET, conditional PUT), over https.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { WireHandler, WireRequest, WireResponse } from '../../../src/lib/emulator/http/wire.js';

export interface MemoryBlob {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

export interface BlobService {
  readonly blobs: Map<string, MemoryBlob>;
  /** Every request that came: method and path. */
  readonly seen: string[];
  /** Called before each request is answered; an answer given here is the one that is sent. */
  intercept: ((request: WireRequest) => WireResponse | null | Promise<WireResponse | null>) | null;
  /** How long each write takes. */
  writeMs: number;
  put(path: string, bytes: Uint8Array): void;
  text(path: string): string | null;
  readonly handler: WireHandler;
}

/** Paths are `/container/name`; a SAS is any query with `sig=test`. */
export function createBlobService(): BlobService {
  const blobs = new Map<string, MemoryBlob>();
  const seen: string[] = [];
  const service: BlobService = {
    blobs,
    seen,
    intercept: null,
    writeMs: 0,
    put: (path, bytes) => void blobs.set(path, { bytes, etag: `"${randomUUID()}"` }),
    text: (path) => {
      const blob = blobs.get(path);
      return blob === undefined ? null : Buffer.from(blob.bytes).toString('utf8');
    },
    handler: async (request) => {
      seen.push(`${request.method} ${request.path}`);
      const early = (await service.intercept?.(request)) ?? null;
      if (request.method === 'PUT' && service.writeMs > 0) await sleep(service.writeMs);
      return early ?? answer(service, request);
    },
  };
  return service;
}

function answer(service: BlobService, request: WireRequest): WireResponse {
  if (request.query.get('sig') !== 'test') return { status: 403 };
  const blob = service.blobs.get(request.path);
  if (request.method === 'PUT') return write(service, request, blob);
  if (blob === undefined) return { status: 404 };
  const expected = request.headers['if-match'];
  if (expected !== undefined && expected !== blob.etag) return { status: 412 };
  if (request.method === 'HEAD')
    return { status: 200, headers: { etag: blob.etag, 'content-length': String(blob.bytes.length) } };
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers['x-ms-range'] ?? '');
  const bytes = range === null ? blob.bytes : blob.bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  return { status: range === null ? 200 : 206, headers: { etag: blob.etag }, body: bytes };
}

function write(service: BlobService, request: WireRequest, blob: MemoryBlob | undefined): WireResponse {
  if (request.headers['if-none-match'] === '*' && blob !== undefined) return { status: 409 };
  const expected = request.headers['if-match'];
  if (expected !== undefined && blob?.etag !== expected) return { status: 412 };
  service.put(request.path, request.body);
  return { status: 201, headers: { etag: service.blobs.get(request.path)?.etag ?? '' } };
}
