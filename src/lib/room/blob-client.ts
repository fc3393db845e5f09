// Blobs over https with a SAS: ranged reads pinned to one ETag, conditional writes. No SDK, no redirects, every answer bounded.

import { concatBytes, equalBytes } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import {
  createStorageAgent,
  exchangeWithStorage,
  foreignAnswer,
  isBusy,
  type StorageAnswer,
} from './storage-exchange.js';

const RANGE_BYTES = 2 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

/** One blob and the query that gives access to it; the query is secret. */
export interface BlobAddress {
  readonly url: string;
  readonly sas: string;
}

export interface BlobVersion {
  readonly etag: string;
  /** Length of the whole blob. */
  readonly length: number;
}

export interface BlobContent extends BlobVersion {
  readonly bytes: Uint8Array;
}

/** Write only if there is no such blob, or only if it is still the one of `etag`. */
export type BlobCondition = { readonly ifNoneMatch: '*' } | { readonly ifMatch: string };

export interface BlobClient {
  /** The whole blob; null if there is none. @throws BLOB_TOO_LARGE, BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE */
  read(blob: BlobAddress, maxBytes: number): Promise<BlobContent | null>;
  /** Its length and version; null if there is none. */
  find(blob: BlobAddress): Promise<BlobVersion | null>;
  /** Its bytes from `start` on, in order; a blob that was replaced since `version` is refused (BLOB_CHANGED). */
  stream(blob: BlobAddress, version: BlobVersion, start: number): AsyncIterable<Uint8Array>;
  /** Its bytes from `start` to before `end`, of that version. */
  readRange(blob: BlobAddress, version: BlobVersion, start: number, end: number): Promise<Uint8Array>;
  /**
   * Creates a blob with a SAS that may create and not write, in one request. Where there is a blob it is read back and
   * compared: an answer that was lost and a try that was repeated look the same.
   *
   * @returns whether the blob now there has these bytes, or others that somebody else put there.
   * @throws BLOB_REFUSED, BLOB_CHANGED, SERVICE_UNREACHABLE
   */
  create(blob: BlobAddress, bytes: Uint8Array): Promise<'as-given' | 'of-somebody-else'>;
  /** @returns the new ETag; null if the condition did not hold. */
  write(blob: BlobAddress, bytes: Uint8Array, condition: BlobCondition): Promise<string | null>;
  close(): void;
}

export interface BlobClientOptions {
  /** PEM of the only TLS roots to trust; Node's built-in ones if null. */
  readonly tlsRoots: string | null;
  readonly timeoutMs?: number;
}

/** A client whose connections trust the given roots only. */
export function createBlobClient({
  tlsRoots,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: BlobClientOptions): BlobClient {
  const agent = createStorageAgent(tlsRoots);
  const call: Call = (method, blob, headers, body, maxBytes) =>
    exchangeWithStorage(agent, timeoutMs, {
      method,
      url: blob.url,
      query: blob.sas,
      headers,
      body,
      maxBytes,
      what: nameOf(blob),
    });
  return {
    read: (blob, maxBytes) => readWhole(call, blob, maxBytes),
    find: (blob) => findVersion(call, blob),
    stream: (blob, version, start) => streamRanges(call, blob, version, start),
    readRange: (blob, version, start, end) => readRange(call, blob, version, start, end),
    create: (blob, bytes) => createWhole(call, blob, bytes),
    write: (blob, bytes, condition) => writeWhole(call, blob, bytes, condition),
    close: () => agent.destroy(),
  };
}

type Call = (
  method: 'GET' | 'HEAD' | 'PUT',
  blob: BlobAddress,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | null,
  maxBytes: number,
) => Promise<StorageAnswer>;

async function readWhole(call: Call, blob: BlobAddress, maxBytes: number): Promise<BlobContent | null> {
  const version = await findVersion(call, blob);
  if (version === null) return null;
  if (version.length > maxBytes)
    throw new CleanroomError(
      'BLOB_TOO_LARGE',
      `${nameOf(blob)} has ${version.length} bytes; at most ${maxBytes} are read`,
    );
  const parts: Uint8Array[] = [];
  for await (const part of streamRanges(call, blob, version, 0)) parts.push(part);
  return { ...version, bytes: concatBytes(...parts) };
}

async function findVersion(call: Call, blob: BlobAddress): Promise<BlobVersion | null> {
  const answer = await call('HEAD', blob, {}, null, 0);
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw refused(blob, answer.status);
  const { etag } = answer.headers;
  const length = Number(answer.headers['content-length']);
  if (etag === undefined || !Number.isSafeInteger(length) || length < 0) throw nonsense(blob);
  return { etag, length };
}

async function* streamRanges(
  call: Call,
  blob: BlobAddress,
  version: BlobVersion,
  from: number,
): AsyncGenerator<Uint8Array> {
  for (let start = from; start < version.length; start += RANGE_BYTES)
    yield await readRange(call, blob, version, start, Math.min(version.length, start + RANGE_BYTES));
}

async function readRange(
  call: Call,
  blob: BlobAddress,
  { etag }: BlobVersion,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const headers = { 'x-ms-range': `bytes=${start}-${end - 1}`, 'if-match': etag };
  const answer = await call('GET', blob, headers, null, end - start);
  if (answer.status === 412 || answer.status === 404 || answer.status === 416) throw changed(blob);
  if (answer.status !== 206 && answer.status !== 200) throw refused(blob, answer.status);
  if (answer.headers.etag !== etag) throw changed(blob);
  if (answer.bytes.length !== end - start) throw nonsense(blob);
  return answer.bytes;
}

async function writeWhole(
  call: Call,
  blob: BlobAddress,
  bytes: Uint8Array,
  condition: BlobCondition,
): Promise<string | null> {
  const headers = {
    'x-ms-blob-type': 'BlockBlob',
    'content-type': 'application/octet-stream',
    'content-length': String(bytes.length),
    ...('ifMatch' in condition ? { 'if-match': condition.ifMatch } : { 'if-none-match': '*' }),
  };
  const answer = await call('PUT', blob, headers, bytes, 0);
  if (answer.status === 409 || answer.status === 412) return null;
  const refusedOverwrite = answer.status === 403 && answer.headers['x-ms-error-code'] === OVERWRITE_REFUSED;
  if (refusedOverwrite && 'ifNoneMatch' in condition) return null;
  if (answer.status !== 201) throw refused(blob, answer.status);
  return answer.headers.etag ?? null;
}

/* What storage says where the SAS may create and not write, and there is a blob: it does not look at conditions then. */
const OVERWRITE_REFUSED = 'UnauthorizedBlobOverwrite';

async function createWhole(
  call: Call,
  blob: BlobAddress,
  bytes: Uint8Array,
): Promise<'as-given' | 'of-somebody-else'> {
  if ((await writeWhole(call, blob, bytes, { ifNoneMatch: '*' })) !== null) return 'as-given';
  const version = await findVersion(call, blob);
  if (version === null) throw changed(blob);
  if (version.length !== bytes.length) return 'of-somebody-else';
  const kept = bytes.length === 0 ? bytes : await readRange(call, blob, version, 0, version.length);
  return equalBytes(kept, bytes) ? 'as-given' : 'of-somebody-else';
}

/* Account, container and name; never the SAS. */
function nameOf({ url }: BlobAddress): string {
  return `blob ${url}`;
}

function refused(blob: BlobAddress, status: number): CleanroomError {
  const code = isBusy(status) ? 'SERVICE_UNREACHABLE' : 'BLOB_REFUSED';
  return new CleanroomError(code, `${nameOf(blob)}: storage answered ${status}`);
}

function changed(blob: BlobAddress): CleanroomError {
  return new CleanroomError('BLOB_CHANGED', `${nameOf(blob)} was replaced while it was being read`);
}

function nonsense(blob: BlobAddress): CleanroomError {
  return foreignAnswer(nameOf(blob));
}
