// Reading a sealed blob in storage over a network that is cut: against Azurite as it ships, by SAS.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ContainerSASPermissions } from '@azure/storage-blob';

import type { Connection } from '../../../src/lib/azure/connection.js';
import { openStoredBlob } from '../../../src/lib/azure/stored-blob.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { digestOfStream } from '../../../src/lib/sealed-blob/engine/payload-digest.js';
import { rewrapSealedFile } from '../../../src/lib/parties/sealed-file.js';
import type { SealedLocation } from '../../../src/lib/ports/sealed-location.js';
import { startTestStorage, type TestStorage } from '../../support/azurite.js';
import { ecParty, sealBytes } from '../../support/sealed.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const MIB = 1024 * 1024;

describe('a sealed blob in storage', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const party = ecParty();
  let storage: TestStorage | null = null;
  let sas: string;
  let sealed: Buffer;

  before(async function () {
    storage = await startTestStorage();
    if (storage === null) return this.skip();
    const container = storage.container('uploads');
    await container.create();
    sealed = Buffer.from(await sealBytes(randomBytes(5 * MIB), party));
    await container.getBlockBlobClient('notes.sealed').upload(sealed, sealed.length);
    sas = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse('r'),
      expiresOn: new Date(Date.now() + 600_000),
    });
  });

  after(() => storage?.stop());

  /** The blob behind a proxy that cuts every connection once `after` bytes have come back. */
  async function openBehindCut(after: number) {
    let passed = 0;
    const proxy = await startTcpProxy(storage?.port ?? 0, {
      toClient: (chunk, socket) => {
        passed += chunk.length;
        if (passed <= after) return chunk;
        socket.destroy();
        return null;
      },
    });
    const url = new URL(sas);
    const account = `http://127.0.0.1:${proxy.port}${/^\/[^/]+/.exec(url.pathname)?.[0] ?? ''}`;
    const blob = { account, container: 'uploads', name: 'notes.sealed' };
    const connection = { profile: { storageAccount: account } } as unknown as Connection;
    const grant = { account, container: 'uploads', query: url.search.slice(1) };
    return { blob: await openStoredBlob(connection, blob, grant), close: proxy.close };
  }

  const unreached = (error: unknown): boolean =>
    error instanceof CleanroomError &&
    error.code === 'SERVICE_UNREACHABLE' &&
    error.message.includes('notes.sealed') &&
    !error.message.includes('sig=');

  it('is read in ranges', async () => {
    const { blob, close } = await openBehindCut(Infinity);
    const range = await blob.read(3 * MIB, 1000);
    assert.ok(sealed.subarray(3 * MIB, 3 * MIB + 1000).equals(range));
    close();
  });

  it('gives no range, and no digest, over a connection that is cut half way', async () => {
    const ways: readonly ((blob: SealedLocation) => Promise<unknown>)[] = [
      (blob) => digestOfStream(blob.stream(0)),
      (blob) => blob.read(0, blob.size),
    ];
    for (const read of ways) {
      const { blob, close } = await openBehindCut(2 * MIB);
      await assert.rejects(read(blob), unreached);
      close();
    }
  });

  it('leaves no file when it is given other recipients and the connection is cut', async () => {
    const { blob, close } = await openBehindCut(2 * MIB);
    const { signal } = new AbortController();
    const recipients = [ecParty().recipient];
    const output = join(directory(), 'rewrapped.sealed');
    await assert.rejects(
      rewrapSealedFile(blob, { output, identity: party.identity, recipients, signal }),
      unreached,
    );
    assert.deepEqual(readdirSync(directory()), []);
    close();
  });
});
