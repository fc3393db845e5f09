// Storage accounts of the local Azure: Azurite, and the front before it.

import { request } from 'node:http';
import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import type { Clock } from '../clock.js';
import { BLOB_CONTAINERS } from '../../contract/blob-containers.js';
import type { FaultSource } from '../faults/fault-file.js';
import { type RunningServer, serveStream, type TlsIdentity } from '../http/serve.js';
import type { IdentityAuthority } from '../identity/authority.js';
import type { RoleAssignments } from '../identity/role-assignments.js';
import type { PartyRecord } from '../parties.js';
import type { PortBook } from '../state/ports.js';
import type { TlsAuthority } from '../tls/authority.js';
import { type RunningAzurite, startAzurite } from './azurite.js';
import { STORAGE_VERSION } from './constants.js';
import { createStorageFront } from './front.js';
import type { StorageAccount } from './storage-account.js';
import { signSharedKey } from './shared-key.js';

export interface StorageOptions {
  readonly directory: string;
  readonly runtimeDirectory: string;
  readonly accounts: readonly PartyRecord[];
  readonly identity: IdentityAuthority;
  readonly azureRoles: RoleAssignments;
  readonly strictTenants: boolean;
  readonly ports: PortBook;
  readonly tls: TlsAuthority;
  readonly clock: Clock;
  readonly faults: FaultSource;
  readonly log: (line: string) => void;
}

export interface RunningStorage {
  /** URL without an account. */
  readonly blob: string;
  /** Azurite's process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** @throws CleanroomError OPTIONAL_PACKAGE_MISSING, EMULATOR_START_FAILED, EMULATOR_PORT_TAKEN */
export async function startStorage(options: StorageOptions): Promise<RunningStorage> {
  const accounts = options.accounts.map(toAccount);
  const azurite = await startAzurite({
    directory: join(options.directory, 'storage'),
    runtimeDirectory: options.runtimeDirectory,
    accounts: new Map(accounts.map(({ name, key }) => [name, key])),
  });
  try {
    for (const account of accounts) await ensureContainers(account, azurite);
    const blob = await openFront(azurite.blobSocket, accounts, options);
    const stop = async (): Promise<void> => {
      await blob.close();
      await azurite.stop();
    };
    return { blob: blob.url, pid: azurite.pid, stop };
  } catch (cause) {
    await azurite.stop();
    throw cause;
  }
}

function toAccount(party: PartyRecord): StorageAccount {
  return {
    name: party.accountName,
    key: party.storageKey,
    delegationSecret: Buffer.from(party.delegationSecret, 'base64'),
    tenantId: party.tenantId,
    resourceId: party.accountId,
  };
}

async function openFront(
  azuriteSocket: string,
  accounts: readonly StorageAccount[],
  { identity, azureRoles, strictTenants, ports, tls, clock, faults, log }: StorageOptions,
): Promise<RunningServer> {
  const handler = createStorageFront({
    accounts: new Map(accounts.map((account) => [account.name, account])),
    identity,
    roles: azureRoles,
    strictTenants,
    azuriteSocket,
    clock,
    faults,
    authorityUrl: `https://127.0.0.1:${await ports('identity')}`,
  });
  return serveStream(handler, {
    port: await ports('storage-blob'),
    tls: await storageIdentity(tls, accounts),
    onFailure: (failure) => log(`storage: ${failure instanceof Error ? failure.message : String(failure)}`),
  });
}

/* Accounts are reached by path at 127.0.0.1, and by name for clients that take the account from the host. */
async function storageIdentity(tls: TlsAuthority, accounts: readonly StorageAccount[]): Promise<TlsIdentity> {
  const names = accounts.map(({ name }) => `${name}.blob.localhost`);
  const leaf = await tls.issue('storage', ['127.0.0.1', 'localhost', ...names]);
  return { cert: leaf.chainPem, key: leaf.privateKeyPem };
}

/** What `prereqs` makes in a real account. */
async function ensureContainers(account: StorageAccount, azurite: RunningAzurite): Promise<void> {
  for (const container of Object.values(BLOB_CONTAINERS)) {
    const status = await putContainer(account, container, azurite.blobSocket);
    if (status !== 201 && status !== 409)
      throw new CleanroomError(
        'EMULATOR_START_FAILED',
        `Azurite answered ${status} to container ${container}`,
      );
  }
}

function putContainer(account: StorageAccount, container: string, socketPath: string): Promise<number> {
  const path = `/${account.name}/${container}`;
  const query = new URLSearchParams({ restype: 'container' });
  const headers = {
    host: '127.0.0.1',
    'content-length': '0',
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': STORAGE_VERSION,
  };
  const authorization = signSharedKey({ method: 'PUT', path, query, headers }, account.name, account.key);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method: 'PUT',
        path: `${path}?${query.toString()}`,
        headers: { ...headers, authorization },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
