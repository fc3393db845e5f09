// A sealed blob in storage: read in ranges of one version of it; its header replaced alone.

import { createHash } from 'node:crypto';

import type { BlockBlobClient } from '@azure/storage-blob';

import { blobUrl } from '../contract/room-plan.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { StoredSealedBlob } from '../ports/sealed-location.js';
import { blobClient } from './blob-store.js';
import type { Connection } from './connection.js';
import type { SasGrant } from '../ports/sas-grant.js';
import { grantFor, storageError } from './sas-grant.js';
import { readServiceFailure } from './service-error.js';

/** Bytes held at once. */
const RANGE = 16 * 1024 * 1024;

/**
 * Opens a sealed blob in storage.
 *
 * @throws CleanroomError BLOB_MISSING, and the storage service's own; while reading also BLOB_CHANGED
 */
export async function openStoredBlob(
  connection: Connection,
  blob: ContractBlob,
  grant: SasGrant | null = null,
): Promise<StoredSealedBlob> {
  const client = await blobClient(connection, blob, grant);
  const name = blobUrl(blob);
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (cause) {
      const { status } = readServiceFailure(cause);
      if (status === 404) throw new CleanroomError('BLOB_MISSING', `${name} is not in storage`, { cause });
      if (status === 412)
        throw new CleanroomError('BLOB_CHANGED', `${name} was replaced meanwhile`, { cause });
      throw storageError(name, cause, grantFor(blob, grant));
    }
  };
  const { contentLength: size = 0, etag = '' } = await call(() => client.getProperties());
  const conditions = { ifMatch: etag };
  return {
    name,
    size,
    read: (offset, length) => call(() => client.downloadToBuffer(offset, length, { conditions })),
    stream: async function* (offset) {
      for (let at = offset; at < size; at += RANGE) {
        const length = Math.min(RANGE, size - at);
        yield await call(() => client.downloadToBuffer(at, length, { conditions, concurrency: 4 }));
      }
    },
    replaceHeader: (old, replacement) =>
      call(() => replaceFirstBlock(client, { name, etag, old, replacement })),
    close: () => Promise.resolve(),
  };
}

interface Replacement {
  readonly name: string;
  readonly etag: string;
  readonly old: Uint8Array;
  readonly replacement: Uint8Array;
}

async function replaceFirstBlock(
  client: BlockBlobClient,
  { name, etag, old, replacement }: Replacement,
): Promise<void> {
  const { contentType, metadata = {} } = await client.getProperties({ conditions: { ifMatch: etag } });
  const { committedBlocks: [first, ...payload] = [] } = await client.getBlockList('committed');
  if (first?.size !== old.length) {
    throw new CleanroomError('BLOB_HEADER_NOT_APART', `the header of ${name} is not a block of its own`);
  }
  const digest = createHash('sha256').update(replacement).digest('hex');
  const id = idLike(first.name, digest);
  const transactionalContentMD5 = createHash('md5').update(replacement).digest();
  await client.stageBlock(id, replacement, replacement.length, { transactionalContentMD5 });
  await client.commitBlockList([id, ...payload.map((block) => block.name)], {
    conditions: { ifMatch: etag },
    metadata: { ...metadata, sealedheader: digest },
    ...(contentType === undefined ? {} : { blobHTTPHeaders: { blobContentType: contentType } }),
  });
}

/* Block ids of a blob have one length. */
function idLike(id: string, digest: string): string {
  const length = Buffer.from(id, 'base64').length;
  return Buffer.from(digest.slice(0, length).padEnd(length, '0')).toString('base64');
}
