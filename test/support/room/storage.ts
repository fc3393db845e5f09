// A room's storage for tests: an account of the local Azure, whose host sees each request of the room and may answer in its place.

import { setTimeout as sleep } from 'node:timers/promises';

import {
  BlobSASPermissions,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';

import type { RoomSas } from '../../../src/lib/contract/room-plan.js';
import {
  readBody,
  serveStream,
  type StreamHandler,
  type TlsIdentity,
  writeWireResponse,
} from '../../../src/lib/emulator/http/serve.js';
import type { WireResponse } from '../../../src/lib/emulator/http/wire.js';
import { createStorageFront } from '../../../src/lib/emulator/storage/front.js';
import { createAccountClient } from './account-client.js';
import { takeAccount, type TestAccount } from './azurite-accounts.js';

/** A request as the room sent it; `path` is `/container/name`. */
export interface StorageCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface RoomStorage {
  /** URL of the account. */
  readonly url: string;
  /** Every request that came: method and path. */
  readonly seen: string[];
  /** Called before each request is answered; an answer given here is the one that is sent. */
  intercept: ((call: StorageCall) => WireResponse | null | Promise<WireResponse | null>) | null;
  /** How long each write takes. */
  writeMs: number;
  /** A SAS as a query: what a deployment gives the room. */
  sas(wanted: Omit<RoomSas, 'variable'>): string;
  createContainer(name: string): Promise<void>;
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** @throws Error if there is no such blob */
  bytes(path: string): Promise<Uint8Array>;
  /** Null if there is no such blob. */
  text(path: string): Promise<string | null>;
  /** Paths of all blobs. */
  paths(): Promise<readonly string[]>;
  remove(paths: Iterable<string>): Promise<void>;
  close(): Promise<void>;
}

/** Opens an account of its own over https, empty. */
export async function startRoomStorage(tls: TlsIdentity): Promise<RoomStorage> {
  const account = await takeAccount();
  const client = createAccountClient(account);
  const containers = new Set<string>();
  const front = frontOf(account);
  const server = await serveStream((request, response) => admit(request, response), { port: 0, tls });
  const storage: RoomStorage = {
    url: `${server.url}/${account.name}`,
    seen: [],
    intercept: null,
    writeMs: 0,
    sas: (wanted) => sasOf(account, wanted),
    createContainer: async (name) => {
      if (containers.has(name)) return;
      containers.add(name);
      await client.createContainer(name);
    },
    put: (path, bytes) => client.put(path, bytes),
    bytes: async (path) => {
      const bytes = await client.bytes(path);
      if (bytes === null) throw new Error(`there is no ${path}`);
      return bytes;
    },
    text: async (path) => {
      const bytes = await client.bytes(path);
      return bytes === null ? null : Buffer.from(bytes).toString('utf8');
    },
    paths: async () => {
      const found: string[] = [];
      for (const name of containers)
        found.push(...(await client.list(name)).map((blob) => `/${name}/${blob}`));
      return found;
    },
    remove: async (paths) => {
      for (const path of paths) await client.remove(path);
    },
    close: () => server.close(),
  };
  return storage;

  async function admit(...[request, response]: Parameters<StreamHandler>): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', server.url);
    const path = decodeURIComponent(pathname).slice(`/${account.name}`.length);
    const method = request.method ?? 'GET';
    storage.seen.push(`${method} ${path}`);
    const headers = request.headers as StorageCall['headers'];
    const early = (await storage.intercept?.({ method, path, query, headers })) ?? null;
    if (method === 'PUT' && storage.writeMs > 0) await sleep(storage.writeMs);
    if (early === null) return front(request, response);
    await readBody(request, Infinity);
    writeWireResponse(response, early);
  }
}

/* A room has a SAS and no login: no token is good here, and nobody has a role. */
function frontOf(account: TestAccount): StreamHandler {
  return createStorageFront({
    accounts: new Map([[account.name, account]]),
    identity: { verifyAccessToken: () => Promise.reject(new Error('a room has no token for storage')) },
    roles: { allows: () => false },
    strictTenants: true,
    azuriteSocket: account.azuriteSocket,
    clock: () => new Date(),
    faults: () => Promise.resolve(null),
    authorityUrl: 'https://127.0.0.1:1',
  });
}

function sasOf({ name, key }: TestAccount, { blob, scope, permissions }: Omit<RoomSas, 'variable'>): string {
  const terms = {
    containerName: blob.container,
    ...(scope === 'blob'
      ? { blobName: blob.name, permissions: BlobSASPermissions.parse(permissions) }
      : { permissions: ContainerSASPermissions.parse(permissions) }),
    expiresOn: new Date(Date.now() + 3_600_000),
    protocol: SASProtocol.Https,
  };
  return generateBlobSASQueryParameters(terms, new StorageSharedKeyCredential(name, key)).toString();
}
