// The registry on the wire: OCI Distribution 1.1, pull and push, no authentication (loopback only).

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { sha256Hex } from '../../base/bytes/digest.js';
import { documented } from '../http/proof.js';
import { type Method, type PathParameters, routeWriter } from '../http/route.js';
import { createRouter } from '../http/router.js';
import { readBody, type StreamHandler, writeWireResponse } from '../http/serve.js';
import { DIGEST, MAX_MANIFEST_BYTES, REPOSITORY_NAME, TAG } from './constants.js';
import type { ImageStore } from './image-store.js';
import { API_VERSION, RegistryError, renderRegistryError } from './registry-error.js';

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: ImageStore;
  readonly query: URLSearchParams;
}

const { open } = routeWriter<never, Call, never, Promise<void>>();
const LOOPBACK =
  'the local registry asks nobody who they are: images are public, and their digests are what is checked';
const SPEC = documented('2024-02', 'OCI Distribution 1.1');
const OURS = documented('2024-02', 'OCI Distribution 1.1; compared with distribution 2.8');
const UPLOAD = '/v2/{repository+}/blobs/uploads/{id}';
const BLOB = '/v2/{repository+}/blobs/{digest}';
const MANIFEST = '/v2/{repository+}/manifests/{reference}';

/* The same for each method: what differs is inside. */
const each = <const Path extends string>(
  methods: readonly Method[],
  path: Path,
  answer: (call: Call, parameters: PathParameters<Path>) => Promise<void>,
) => methods.map((method) => open({ method, path, openBecause: LOOPBACK, proof: OURS, answer }));

/** Uploads before blobs: `uploads` would be taken for a digest. */
export const REGISTRY_ROUTES = [
  open({
    method: 'GET',
    path: '/v2',
    openBecause: LOOPBACK,
    proof: SPEC,
    answer: (call) => answer(call, 200, { 'content-type': 'application/json' }, '{}'),
  }),
  open({
    method: 'POST',
    path: '/v2/{repository+}/blobs/uploads',
    openBecause: LOOPBACK,
    proof: OURS,
    answer: (call, { repository }) => beginUpload(call, repositoryOf(repository)),
  }),
  ...each(['PATCH', 'PUT', 'GET', 'DELETE'], UPLOAD, (call, { repository, id }) =>
    routeUpload(call, repositoryOf(repository), uploadOf(id)),
  ),
  ...each(['GET', 'HEAD'], BLOB, (call, { repository, digest }) =>
    routeBlob(call, repositoryOf(repository), hexOf(digest)),
  ),
  ...each(['GET', 'HEAD', 'PUT', 'DELETE'], MANIFEST, (call, { repository, reference }) =>
    routeManifest(call, repositoryOf(repository), referenceOf(reference)),
  ),
  open({
    method: 'GET',
    path: '/v2/{repository+}/tags/list',
    openBecause: LOOPBACK,
    proof: SPEC,
    answer: (call, { repository }) => listTags(call, repositoryOf(repository)),
  }),
];

/** Serves `/v2/…` from `store`. */
export function createRegistryHandler(store: ImageStore): StreamHandler {
  const find = createRouter(REGISTRY_ROUTES);
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    const call: Call = { request, response, store, query: url.searchParams };
    try {
      const asked = { method: request.method ?? 'GET', path: decodeURIComponent(url.pathname) };
      const found = find({ ...asked, query: url.searchParams });
      if (found.kind === 'other-method') throw unsupportedMethod();
      if (found.kind === 'nothing')
        throw new RegistryError(404, 'UNSUPPORTED', 'The operation is unsupported.');
      await found.route.answer(call, found.parameters);
    } catch (failure) {
      if (!(failure instanceof RegistryError)) throw failure;
      request.resume();
      writeWireResponse(response, renderRegistryError(failure));
    }
  };
}

function repositoryOf(name: string): string {
  if (!REPOSITORY_NAME.test(name)) throw new RegistryError(400, 'NAME_INVALID', 'invalid repository name');
  return name;
}

function referenceOf(reference: string): string {
  if (DIGEST.test(reference) || TAG.test(reference)) return reference;
  throw new RegistryError(400, 'MANIFEST_INVALID', 'neither a tag nor a sha256 digest');
}

function uploadOf(id: string): string {
  if (/^[0-9a-f-]+$/.test(id)) return id;
  throw new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
}

function hexOf(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined) throw new RegistryError(400, 'DIGEST_INVALID', 'not a sha256 digest');
  return hex;
}

async function routeUpload(call: Call, repository: string, id: string): Promise<void> {
  const { request, store, query } = call;
  const size = await store.uploadSize(id);
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
