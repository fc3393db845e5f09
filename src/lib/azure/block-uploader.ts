// Upload of a sealed file in blocks: parallel, each with its MD5, taken up again where a run was broken off.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

import type { BlockBlobClient } from '@azure/storage-blob';

import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { createFilePieces, type FilePieces } from '../base/files/file-pieces.js';
import { fileError } from '../base/files/read-bounded.js';
import { createByteProgress } from '../base/byte-progress.js';
import type { SealedFile, SealedUpload, UploadPlace } from '../ports/sealed-upload.js';
import { blobClient } from './blob-store.js';
import type { Connection } from './connection.js';
import type { SasGrant } from '../ports/sas-grant.js';
import { grantFor, storageError } from './sas-grant.js';
import { readServiceFailure } from './service-error.js';

const MIB = 1024 * 1024;
/** Of the payload, unless it is so long that blocks have to be longer. */
export const BLOCK_SIZE = 8 * MIB;
export const UPLOAD_CONCURRENCY = 4;
/* Storage takes 50 000 blocks a blob; one is the header's. */
const MAX_PAYLOAD_BLOCKS = 49_999;
const CONTENT_TYPE = 'application/vnd.cleanroom.sealed';
const HEADER_METADATA = 'sealedheader';
const PAYLOAD_METADATA = 'sealedpayload';

/** A piece of the file that becomes a block. Its id says which file it is of: a block that is staged need not be sent again. */
interface Block {
  readonly id: string;
  readonly offset: number;
  readonly length: number;
}

/** The upload of `encrypt` under a connection's login. */
export function createBlockUploader(connection: Connection, grant: SasGrant | null = null): SealedUpload {
  return async (file, place, { progress, signal }) => {
    const { blob } = place;
    const client = await blobClient(connection, blob, grant);
    const sent = createByteProgress(progress, totalBytes(file));
    await uploadBlocks(client, file, place, { sent, signal, grant: grantFor(blob, grant) });
  };
}

export interface UploadRun {
  /** Told of bytes as they arrive. */
  readonly sent: (bytes: number) => void;
  readonly signal: AbortSignal;
  /** The SAS that the client works by, if it does. */
  readonly grant?: SasGrant | null;
}

/**
 * Puts the file at the blob's place once all blocks are there: header a block of its own, then the payload. What is at
 * the place stays readable until then, and is replaced only if it is what `over` says. The same file again sends only the blocks that are missing; a file that is there already is not sent.
 *
 * @throws CleanroomError BLOB_NAME_TAKEN, BLOB_CHANGED, FILE_CHANGED, INTERRUPTED, and the storage service's own.
 */
export async function uploadBlocks(
  client: BlockBlobClient,
  file: SealedFile,
  { blob, over }: UploadPlace,
  { sent, signal, grant = null }: UploadRun,
): Promise<void> {
  const what = `blob ${blob.container}/${blob.name}: upload`;
  const source = await openSealed(file);
  const pieces = createFilePieces({ fd: source.fd, path: file.path, size: totalBytes(file) });
  try {
    const before = await readPlace(client, file);
    if (before.complete) return;
    if (before.etag !== null && over === 'nothing') throw nameTaken(blob);
    const expected = over === 'nothing' ? null : over.etag;
    if (before.etag !== expected) throw changedMeanwhile(what);
    const blocks = planBlocks(file);
    const staged = await stagedBlocks(client);
    const missing = blocks.filter((block) => {
      const present = staged.get(block.id) === block.length;
      if (present) sent(block.length);
      return !present;
    });
    await stageInParallel(missing, { client, pieces, sent, signal });
    signal.throwIfAborted();
    await client.commitBlockList(
      blocks.map((block) => block.id),
      {
        abortSignal: signal,
        conditions: expected === null ? { ifNoneMatch: '*' } : { ifMatch: expected },
        blobHTTPHeaders: { blobContentType: CONTENT_TYPE },
        metadata: { [HEADER_METADATA]: file.header.sha256, [PAYLOAD_METADATA]: file.payload.sha256 },
      },
    );
  } catch (cause) {
    throw uploadError(what, cause, { signal, grant });
  } finally {
    await pieces.close();
    await source.close();
  }
}

function uploadError(
  what: string,
  cause: unknown,
  { signal, grant }: { readonly signal: AbortSignal; readonly grant: SasGrant | null },
): CleanroomError {
  const { status, code, message } = readServiceFailure(cause);
  if (signal.aborted) {
    return new CleanroomError(
      'INTERRUPTED',
      `${what} was interrupted: what was there before is unchanged, and what was sent is kept for the next run`,
      { hint: 'Run the same command again to resume.', cause },
    );
  }
  if (status === 412 || code === 'BlobAlreadyExists' || code === 'UnauthorizedBlobOverwrite') {
    return changedMeanwhile(what, cause);
  }
  // Azure says Md5Mismatch; Azurite says it in words.
  if (status === 400 && (code === 'Md5Mismatch' || message.includes("contentMD5 doesn't match"))) {
    return new CleanroomError('BLOB_DAMAGED_ON_WAY', `${what}: a block did not arrive as it was sent`, {
      cause,
    });
  }
  return storageError(what, cause, grant);
}

function changedMeanwhile(what: string, cause?: unknown): CleanroomError {
  return new CleanroomError('BLOB_CHANGED', `${what}: the blob was changed meanwhile`, {
    hint: 'Nothing of yours was stored. Check the stored blob, then run the same command again.',
    cause,
  });
}

function nameTaken(blob: ContractBlob): CleanroomError {
  return new CleanroomError(
    'BLOB_NAME_TAKEN',
    `there is a blob ${blob.container}/${blob.name} already, and no seal statement of yours beside it`,
  );
}

/** Blocks of a sealed file: the header, then the payload in equal pieces. */
function planBlocks({ header, payload }: SealedFile): readonly Block[] {
  const size = Math.max(BLOCK_SIZE, Math.ceil(payload.bytes / MAX_PAYLOAD_BLOCKS / MIB) * MIB);
  const count = Math.ceil(payload.bytes / size);
  const file = createHash('sha256').update(header.sha256).update(payload.sha256).digest('hex').slice(0, 32);
  // All ids of a blob have one length.
  const id = (index: number): string =>
    Buffer.from(`${file}-${String(index).padStart(6, '0')}`).toString('base64');
  const pieces = Array.from({ length: count }, (_, index): Block => ({
    id: id(index + 1),
    offset: header.bytes + index * size,
    length: Math.min(size, payload.bytes - index * size),
  }));
  return [{ id: id(0), offset: 0, length: header.bytes }, ...pieces];
}

interface Staging {
  readonly client: BlockBlobClient;
  readonly pieces: FilePieces;
  readonly sent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/* The first failure stops the others; what they have sent counts for the next run. */
async function stageInParallel(blocks: readonly Block[], staging: Staging): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([staging.signal, failed.signal]);
  const queue = blocks.values();
  const lane = async (): Promise<void> => {
    for (const block of queue) {
      signal.throwIfAborted();
      await stageBlock(block, { ...staging, signal });
    }
  };
  const lanes = Array.from({ length: UPLOAD_CONCURRENCY }, () =>
    lane().catch((cause: unknown) => {
      failed.abort(cause);
    }),
  );
  await Promise.all(lanes);
  if (failed.signal.aborted) throw failed.signal.reason;
}

async function stageBlock(
  { id, offset, length }: Block,
  { client, pieces, sent, signal }: Staging,
): Promise<void> {
  const piece = await pieces.read(offset, length);
  await client.stageBlock(id, piece.bytes, length, {
    transactionalContentMD5: piece.md5,
    abortSignal: signal,
  });
  pieces.give(piece);
  sent(length);
}

async function openSealed(file: SealedFile): Promise<FileHandle> {
  let source: FileHandle;
  try {
    source = await open(file.path, 'r');
  } catch (cause) {
    throw fileError(file.path, cause);
  }
  const { size } = await source.stat();
  if (size === totalBytes(file)) return source;
  await source.close();
  throw new CleanroomError('FILE_CHANGED', `${file.path} is not as long as when it was sealed`);
}

interface Place {
  /** Of what is there; null for nothing. */
  readonly etag: string | null;
  /** Whether it is this very file. */
  readonly complete: boolean;
}

async function readPlace(client: BlockBlobClient, file: SealedFile): Promise<Place> {
  try {
    const { etag = null, metadata = {}, contentLength } = await client.getProperties();
    const complete =
      contentLength === totalBytes(file) &&
      metadata[HEADER_METADATA] === file.header.sha256 &&
      metadata[PAYLOAD_METADATA] === file.payload.sha256;
    return { etag, complete };
  } catch (cause) {
    if (readServiceFailure(cause).status === 404) return { etag: null, complete: false };
    throw cause;
  }
}

async function stagedBlocks(client: BlockBlobClient): Promise<ReadonlyMap<string, number>> {
  try {
    const { uncommittedBlocks = [] } = await client.getBlockList('uncommitted');
    return new Map(uncommittedBlocks.map((block) => [block.name, block.size]));
  } catch (cause) {
    if (readServiceFailure(cause).status === 404) return new Map();
    throw cause;
  }
}

function totalBytes({ header, payload }: SealedFile): number {
  return header.bytes + payload.bytes;
}
