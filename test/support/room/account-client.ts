// The owner's own way into a storage account, past the front: with the account's key, straight to Azurite.

import { request } from 'node:http';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { STORAGE_VERSION } from '../../../src/lib/emulator/storage/constants.js';
import { signSharedKey } from '../../../src/lib/emulator/storage/shared-key.js';
import { collect } from '../sealed.js';
import type { TestAccount } from './azurite-accounts.js';

/** Paths are `/container/name`. */
export interface AccountClient {
  createContainer(name: string): Promise<void>;
  /** Creates or replaces. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing where there is no such blob. */
  remove(path: string): Promise<void>;
  /** Null if there is no such blob. */
  bytes(path: string): Promise<Uint8Array | null>;
  /** Names of a container's blobs, sorted. */
  list(container: string): Promise<readonly string[]>;
}

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export function createAccountClient(account: TestAccount): AccountClient {
  const ask = (method: string, target: string, body?: Uint8Array): Promise<Answer> =>
    askAzurite(account, method, target, body);
  return {
    createContainer: async (name) => expect(await ask('PUT', `/${name}?restype=container`), 201),
    put: async (path, bytes) => expect(await ask('PUT', path, bytes), 201),
    remove: async (path) => {
      const answer = await ask('DELETE', path);
      if (answer.status !== 404) expect(answer, 202);
    },
    bytes: async (path) => {
      const answer = await ask('GET', path);
      if (answer.status === 404) return null;
      expect(answer, 200);
      return answer.bytes;
    },
    list: async (container) => {
      const answer = await ask('GET', `/${container}?restype=container&comp=list`);
      expect(answer, 200);
      const xml = Buffer.from(answer.bytes).toString();
      if (!xml.includes('<NextMarker/>')) throw new Error(`${container} has more blobs than one page`);
      return [...xml.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name]) => name!).sort();
    },
  };
}

function expect({ status, bytes }: Answer, good: number): void {
  if (status !== good) throw new Error(`Azurite answered ${status}: ${Buffer.from(bytes).toString()}`);
}

function askAzurite(
  account: TestAccount,
  method: string,
  target: string,
  body?: Uint8Array,
): Promise<Answer> {
  const { pathname, searchParams: query, search } = new URL(target, 'http://127.0.0.1');
  const path = `/${account.name}${pathname}`;
  const headers = {
    host: '127.0.0.1',
    ...(method === 'PUT' ? { 'content-length': String(body?.length ?? 0) } : {}),
    ...(body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob' }),
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': STORAGE_VERSION,
  };
  const authorization = signSharedKey({ method, path, query, headers }, account.name, account.key);
  return new Promise((resolve, reject) => {
    const options = { socketPath: account.azuriteSocket, method, path: `${path}${search}` };
    const sent = request({ ...options, headers: { ...headers, authorization } }, (response) => {
      const status = response.statusCode ?? 0;
      collect(response as AsyncIterable<Uint8Array>).then((bytes) => resolve({ status, bytes }), reject);
    });
    sent.on('error', reject);
    sent.end(body ?? utf8(''));
  });
}
