// The registry on the wire: OCI Distribution 1.1, pull and push, no authentication (loopback only).

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { sha256Hex } from '../../base/bytes/digest.js';
import { readBody, type StreamHandler, writeWireResponse } from '../http/serve.js';
import { DIGEST, MAX_MANIFEST_BYTES, REPOSITORY_NAME, TAG } from './constants.js';
import type { ImageStore } from './image-store.js';
import { API_VERSION, RegistryError, renderRegistryError } from './registry-error.js';

/** Serves `/v2/…` from `store`. */
export function createRegistryHandler(store: ImageStore): StreamHandler {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    try {
      await route({ request, response, store, query: url.searchParams }, decodeURIComponent(url.pathname));
    } catch (failure) {
      if (!(failure instanceof RegistryError)) throw failure;
      request.resume();
      writeWireResponse(response, renderRegistryError(failure));
    }
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: ImageStore;
  readonly query: URLSearchParams;
}

async function route(call: Call, path: string): Promise<void> {
  if (/^\/v2\/?$/.test(path)) return answer(call, 200, { 'content-type': 'application/json' }, '{}');
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/?([0-9a-f-]*)$/.exec(path);
  if (upload !== null) return routeUpload(call, repositoryOf(upload[1]), upload[2] ?? '');
  const blob = /^\/v2\/(.+)\/blobs\/([^/]+)$/.exec(path);
  if (blob !== null) return routeBlob(call, repositoryOf(blob[1]), hexOf(blob[2] ?? ''));
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path);
  if (manifest !== null) return routeManifest(call, repositoryOf(manifest[1]), referenceOf(manifest[2]));
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(path);
  if (tags !== null && call.request.method === 'GET') return listTags(call, repositoryOf(tags[1]));
  throw new RegistryError(404, 'UNSUPPORTED', 'The operation is unsupported.');
}

function repositoryOf(name = ''): string {
  if (!REPOSITORY_NAME.test(name)) throw new RegistryError(400, 'NAME_INVALID', 'invalid repository name');
  return name;
}

function referenceOf(reference = ''): string {
  if (DIGEST.test(reference) || TAG.test(reference)) return reference;
  throw new RegistryError(400, 'MANIFEST_INVALID', 'neither a tag nor a sha256 digest');
}

function hexOf(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined) throw new RegistryError(400, 'DIGEST_INVALID', 'not a sha256 digest');
  return hex;
}

async function routeUpload(call: Call, repository: string, id: string): Promise<void> {
  const { request, store, query } = call;
  if (request.method === 'POST' && id === '') return beginUpload(call, repository);
  const size = id === '' ? null : await store.uploadSize(id);
  if (size === null) throw new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  switch (request.method) {
    case 'PATCH':
      checkRange(request, size);
      await store.append(id, request);
      return answerUpload(call, repository, id, 202);
    case 'PUT':
      await store.append(id, request);
      return finishUpload(call, repository, id, hexOf(query.get('digest') ?? ''));
    case 'GET':
      return answerUpload(call, repository, id, 204);
    case 'DELETE':
      await store.cancelUpload(id);
      return answer(call, 204, {});
    default:
      throw unsupportedMethod();
  }
}

async function beginUpload(call: Call, repository: string): Promise<void> {
  const { store, query, request } = call;
  const mounted = DIGEST.exec(query.get('mount') ?? '')?.[1];
  if (mounted !== undefined && (await store.blobSize(mounted)) !== null)
    return answerBlobCreated(call, repository, mounted);
  const id = await store.beginUpload();
  const digest = query.get('digest');
  if (digest === null) return answerUpload(call, repository, id, 202);
  await store.append(id, request);
  return finishUpload(call, repository, id, hexOf(digest));
}

/** Chunks arrive in order (OCI Distribution §"Pushing a blob in chunks"). */
function checkRange(request: IncomingMessage, received: number): void {
  const start = /^(?:bytes[ =])?(\d+)-\d+/.exec(request.headers['content-range'] ?? '')?.[1];
  if (start !== undefined && Number(start) !== received)
    throw new RegistryError(416, 'BLOB_UPLOAD_INVALID', 'chunks must be sent in order');
}

async function finishUpload(call: Call, repository: string, id: string, hex: string): Promise<void> {
  if (!(await call.store.finishUpload(id, hex)))
    throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  return answerBlobCreated(call, repository, hex);
}

function answerBlobCreated(call: Call, repository: string, hex: string): Promise<void> {
  return answer(call, 201, {
    location: `/v2/${repository}/blobs/sha256:${hex}`,
    'docker-content-digest': `sha256:${hex}`,
  });
}

async function answerUpload(call: Call, repository: string, id: string, status: number): Promise<void> {
  const size = (await call.store.uploadSize(id)) ?? 0;
  return answer(call, status, {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  });
}

async function routeBlob(call: Call, _repository: string, hex: string): Promise<void> {
  const { request, response, store } = call;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupportedMethod();
  const size = await store.blobSize(hex);
  if (size === null) throw new RegistryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  const range = readRange(request.headers.range, size);
  const headers = {
    ...API_VERSION,
    'content-type': 'application/octet-stream',
    'docker-content-digest': `sha256:${hex}`,
    'accept-ranges': 'bytes',
  };
  if (range === null) response.writeHead(200, { ...headers, 'content-length': size });
  else
    response.writeHead(206, {
      ...headers,
      'content-length': range.end - range.start + 1,
      'content-range': `bytes ${range.start}-${range.end}/${size}`,
    });
  if (request.method === 'HEAD') response.end();
  else await pipeline(store.readBlob(hex, range ?? undefined), response);
}

function readRange(header: string | undefined, size: number): { start: number; end: number } | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return null;
  const start = Number(match[1]);
  const end = Math.min(match[2] === '' ? size - 1 : Number(match[2]), size - 1);
  if (start > end) throw new RegistryError(416, 'BLOB_UPLOAD_INVALID', 'range not satisfiable');
  return { start, end };
}

async function routeManifest(call: Call, repository: string, reference: string): Promise<void> {
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return readManifest(call, repository, reference);
    case 'PUT':
      return putManifest(call, repository, reference);
    case 'DELETE':
      if (!(await call.store.removeManifest(repository, reference))) throw manifestUnknown();
      return answer(call, 202, {});
    default:
      throw unsupportedMethod();
  }
}

async function readManifest(call: Call, repository: string, reference: string): Promise<void> {
  const manifest = await call.store.manifest(repository, reference);
  if (manifest === null) throw manifestUnknown();
  call.response.writeHead(200, {
    ...API_VERSION,
    'content-type': manifest.mediaType,
    'content-length': manifest.bytes.length,
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  });
  call.response.end(call.request.method === 'HEAD' ? undefined : manifest.bytes);
}

async function putManifest(call: Call, repository: string, reference: string): Promise<void> {
  const { request, store } = call;
  const bytes = await readBody(request, MAX_MANIFEST_BYTES);
  if (bytes === null) throw new RegistryError(413, 'MANIFEST_INVALID', 'the manifest is too large');
  const digest = `sha256:${sha256Hex(bytes)}`;
  if (DIGEST.test(reference) && reference !== digest)
    throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const missing = await missingReference(call, repository, readManifestJson(bytes));
  if (missing !== null)
    throw new RegistryError(400, 'MANIFEST_BLOB_UNKNOWN', `${missing} is unknown to the registry`);
  const mediaType = request.headers['content-type'] ?? 'application/vnd.oci.image.manifest.v1+json';
  await store.putManifest(repository, DIGEST.test(reference) ? null : reference, {
    digest,
    mediaType,
    bytes,
  });
  return answer(call, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
  });
}

/** The descriptors of an image manifest (`config`, `layers`) or an index (`manifests`). */
interface ManifestReferences {
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
}

function readManifestJson(bytes: Uint8Array): ManifestReferences {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new RegistryError(400, 'MANIFEST_INVALID', 'the manifest is not JSON');
  }
  const manifest = value as { config?: unknown; layers?: unknown; manifests?: unknown } | null;
  const digests = (list: unknown): string[] =>
    (Array.isArray(list) ? list : [list]).flatMap((entry: unknown) =>
      typeof entry === 'object' && entry !== null && 'digest' in entry && typeof entry.digest === 'string'
        ? [entry.digest]
        : [],
    );
  return {
    blobs: [...digests(manifest?.config), ...digests(manifest?.layers ?? [])],
    manifests: digests(manifest?.manifests ?? []),
  };
}

async function missingReference(
  { store }: Call,
  repository: string,
  { blobs, manifests }: ManifestReferences,
): Promise<string | null> {
  for (const digest of blobs) if ((await store.blobSize(hexOf(digest))) === null) return digest;
  for (const digest of manifests) if ((await store.manifest(repository, digest)) === null) return digest;
  return null;
}

async function listTags(call: Call, repository: string): Promise<void> {
  const tags = await call.store.tags(repository);
  if (tags === null) throw new RegistryError(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  return answer(
    call,
    200,
    { 'content-type': 'application/json' },
    JSON.stringify({ name: repository, tags }),
  );
}

function answer(
  call: Call,
  status: number,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<void> {
  writeWireResponse(call.response, { status, headers: { ...API_VERSION, ...headers }, body });
  return Promise.resolve();
}

function manifestUnknown(): RegistryError {
  return new RegistryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
}

function unsupportedMethod(): RegistryError {
  return new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
}
