// Blob storage through @azure/storage-blob: small whole blobs, and SAS by user delegation. A SAS that was given opens its
// own container; everything else is reached by the connection's login.

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import type * as Storage from './sdk/blobs.js';
import type { BlobSASSignatureValues, BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';

import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { BlobStore, SasIssuer, WriteCondition } from '../ports/ports.js';
import { clientOptions, type Connection } from './connection.js';
import type { SasGrant } from '../ports/sas-grant.js';
import { storageRecording } from './recording/sdk-recording.js';
import { grantFor, storageError } from './sas-grant.js';
import { readServiceFailure, serviceError } from './service-error.js';
import { requireStorageHost } from './storage-hosts.js';

const EMPTY = new Uint8Array(0);
/* A SAS is valid from a little earlier, for clocks that disagree. */

const CLOCK_SKEW_MS = 5 * 60_000;

export function createBlobStore(connection: Connection, grant: SasGrant | null = null): BlobStore {
  return {
    readRange: async (blob, offset, length) => {
      const client = await blobClient(connection, blob, grant);
      try {
        const { readableStreamBody } = await client.download(offset, length);
        return readableStreamBody === undefined ? new Uint8Array(0) : await buffer(readableStreamBody);
      } catch (cause) {
        const { status } = readServiceFailure(cause);
        if (status === 404) return null;
        if (status === 416) return new Uint8Array(0);
        throw storageError(`${describe(blob)}: read`, cause, grantFor(blob, grant));
      }
    },
    etag: async (blob) => {
      const client = await blobClient(connection, blob, grant);
      try {
        return (await client.getProperties()).etag ?? '';
      } catch (cause) {
        if (readServiceFailure(cause).status === 404) return null;
        throw storageError(`${describe(blob)}: read`, cause, grantFor(blob, grant));
      }
    },
    preserve: async (blob, tags) => {
      const client = await blobClient(connection, blob, grant);
      try {
        const { versionId } = await client.getProperties();
        if (versionId !== undefined) return versionId;
        const { snapshot = '' } = await client.createSnapshot({ metadata: { ...tags } });
        return snapshot;
      } catch (cause) {
        throw storageError(`${describe(blob)}: snapshot`, cause, grantFor(blob, grant));
      }
    },
    read: async (blob, maxBytes) => {
      const client = await blobClient(connection, blob, grant);
      try {
        // One request: bytes and ETag are of the same moment, also where others write meanwhile.
        const { contentLength = 0, etag = '', readableStreamBody } = await client.download();
        if (contentLength > maxBytes) {
          if (readableStreamBody instanceof Readable) readableStreamBody.destroy();
          throw new CleanroomError('FILE_TOO_LARGE', `${describe(blob)} is larger than ${maxBytes} bytes`);
        }
        return { bytes: readableStreamBody === undefined ? EMPTY : await buffer(readableStreamBody), etag };
      } catch (cause) {
        if (readServiceFailure(cause).status === 404) return null;
        throw storageError(`${describe(blob)}: read`, cause, grantFor(blob, grant));
      }
    },
    write: async (blob, bytes, condition) => {
      const client = await blobClient(connection, blob, grant);
      try {
        const { etag } = await client.upload(bytes, bytes.length, { conditions: conditionsOf(condition) });
        return etag ?? '';
      } catch (cause) {
        const { status } = readServiceFailure(cause);
        if (condition !== 'replace' && (status === 409 || status === 412)) return null;
        throw storageError(`${describe(blob)}: write`, cause, grantFor(blob, grant));
      }
    },
    ensureContainer: async (blob) => {
      // Whoever issued a SAS for a container has it; the SAS does not reach further.
      if (grantFor(blob, grant) !== null) return;
      const service = await serviceClient(connection, blob.account);
      const container = service.getContainerClient(blob.container);
      try {
        if (!(await container.exists())) await container.createIfNotExists();
      } catch (cause) {
        throw serviceError(`container ${blob.container} of ${blob.account}: create`, cause);
      }
    },
  };
}

/** SAS by identity: signed with a user delegation key, so that no account key is needed. */
export function createSasIssuer(connection: Connection, now: () => Date = () => new Date()): SasIssuer {
  return {
    issue: async (request) => {
      const { blob, expiresAt } = request;
      const storage = await import('./sdk/blobs.js');
      const service = await serviceClient(connection, blob.account);
      const startsOn = new Date(now().getTime() - CLOCK_SKEW_MS);
      try {
        const key = await service.getUserDelegationKey(startsOn, expiresAt);
        const values = sasValues(storage, request, startsOn);
        return storage.generateBlobSASQueryParameters(values, key, service.accountName).toString();
      } catch (cause) {
        throw serviceError(`${describe(blob)}: user delegation SAS`, cause);
      }
    },
  };
}

/**
 * SAS by account key, for accounts that allow one: nothing is asked of the service.
 *
 * @param accountKey - base64, as the portal shows it.
 * @throws CleanroomError ACCOUNT_KEY_INVALID
 */
export function createAccountKeySasIssuer(accountKey: string, now: () => Date = () => new Date()): SasIssuer {
  if (!/^[A-Za-z0-9+/]{86}==$/.test(accountKey))
    throw new CleanroomError('ACCOUNT_KEY_INVALID', 'the account key is not 64 bytes in base64');
  return {
    issue: async (request) => {
      const storage = await import('./sdk/blobs.js');
      const credential = new storage.StorageSharedKeyCredential(
        accountNameOf(request.blob.account),
        accountKey,
      );
      const startsOn = new Date(now().getTime() - CLOCK_SKEW_MS);
      return storage
        .generateBlobSASQueryParameters(sasValues(storage, request, startsOn), credential)
        .toString();
    },
  };
}

function sasValues(
  storage: typeof Storage,
  { blob, scope, permissions, expiresAt }: Parameters<SasIssuer['issue']>[0],
  startsOn: Date,
): BlobSASSignatureValues {
  const common = {
    containerName: blob.container,
    startsOn,
    expiresOn: expiresAt,
    protocol: storage.SASProtocol.Https,
  };
  return scope === 'blob'
    ? { ...common, blobName: blob.name, permissions: storage.BlobSASPermissions.parse(permissions) }
    : { ...common, permissions: storage.ContainerSASPermissions.parse(permissions) };
}

/* `https://NAME.blob.core.windows.net`, or the account as the path at an address (Azurite, the local Azure). */
function accountNameOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  return /^\/([a-z0-9]{3,24})$/.exec(pathname)?.[1] ?? hostname.split('.')[0] ?? '';
}

/** The client of one blob: by the SAS where it is for the blob's container, else with the connection's login. */
export async function blobClient(
  connection: Connection,
  blob: ContractBlob,
  grant: SasGrant | null = null,
): Promise<BlockBlobClient> {
  const service = await serviceClient(connection, blob.account, grantFor(blob, grant));
  return service.getContainerClient(blob.container).getBlockBlobClient(blob.name);
}

async function serviceClient(
  connection: Connection,
  account: string,
  grant: SasGrant | null = null,
): Promise<BlobServiceClient> {
  requireStorageHost(account, connection);
  const storage = await import('./sdk/blobs.js');
  const credential = grant === null ? connection.credential : new storage.AnonymousCredential();
  const pipeline = storage.newPipeline(credential, clientOptions(connection));
  pipeline.factories.push(...storageRecording(connection.recorder, grant === null ? 'login' : 'sas'));
  return new storage.BlobServiceClient(grant === null ? account : `${account}?${grant.query}`, pipeline);
}

function conditionsOf(condition: WriteCondition): { ifNoneMatch?: string; ifMatch?: string } {
  if (condition === 'create') return { ifNoneMatch: '*' };
  return condition === 'replace' ? {} : { ifMatch: condition.etag };
}

function describe(blob: ContractBlob): string {
  return `blob ${blob.container}/${blob.name} of ${blob.account}`;
}
