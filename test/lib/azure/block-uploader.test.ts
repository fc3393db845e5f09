// Uploads against Azurite as it ships.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';

import { uploadBlocks } from '../../../src/lib/azure/block-uploader.js';
import { digestOf } from '../../../src/lib/sealed-blob/engine/payload-digest.js';
import type { SealedFile } from '../../../src/lib/ports/sealed-upload.js';
import { azuriteContainer, startTestStorage, type TestStorage } from '../../support/azurite.js';
import { type ChunkFilter, startTcpProxy } from '../../support/tcp-proxy.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const HEADER_BYTES = 700;
const MIB = 1024 * 1024;

describe('upload of a sealed file', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const never = new AbortController().signal;
  let storage: TestStorage | null = null;
  let container: ContainerClient;
  let count = 0;

  before(async function () {
    storage = await startTestStorage();
    if (storage === null) return this.skip();
    container = storage.container('uploads');
    await container.create();
  });

  after(() => storage?.stop());

  it('puts header and payload at their place, the header in a block of its own', async () => {
    const { client, file, bytes } = place(20 * MIB + 5);
    let sent = 0;
    await upload(client, file, (length) => (sent += length));
    assert.ok((await client.downloadToBuffer()).equals(bytes));
    assert.equal(sent, bytes.length);
    const { committedBlocks = [] } = await client.getBlockList('committed');
    assert.deepEqual(
      committedBlocks.map((block) => block.size),
      [HEADER_BYTES, 8 * MIB, 8 * MIB, 4 * MIB + 5 - HEADER_BYTES],
    );
  });

  it('sends nothing when the same file is there already', async () => {
    const { client, file } = place(MIB);
    await upload(client, file);
    const { etag } = await client.getProperties();
    let sent = 0;
    await upload(client, file, (length) => (sent += length));
    assert.equal(sent, 0);
    assert.equal((await client.getProperties()).etag, etag);
  });

  it('replaces an older file, which stays readable until then', async () => {
    const older = place(MIB);
    await upload(older.client, older.file);
    const newer = place(2 * MIB);
    await upload(older.client, newer.file, () => undefined);
    assert.ok((await older.client.downloadToBuffer()).equals(newer.bytes));
  });

  it('I11: does not begin where something else is there than when the upload was planned', async () => {
    const [older, newer] = [place(MIB), place(MIB)];
    await upload(older.client, older.file);
    const { etag = null } = await older.client.getProperties();
    await older.client.upload('another', 7);
    let sent = 0;
    const late = uploadBlocks(older.client, newer.file, over('x', etag), {
      sent: (length) => (sent += length),
      signal: never,
    });
    await assert.rejects(late, { code: 'BLOB_CHANGED' });
    assert.equal(sent, 0);
  });

  it('I11: does not overwrite what somebody else put there meanwhile', async () => {
    const { client, file } = place(20 * MIB);
    let disturbed = false;
    const disturb = (): void => {
      if (disturbed) return;
      disturbed = true;
      void client.upload('mine', 4);
    };
    const slow = async (): Promise<void> => {
      await upload(client, file, disturb);
    };
    await assert.rejects(slow(), { code: 'BLOB_CHANGED' });
    assert.equal((await client.downloadToBuffer()).toString(), 'mine');
  });

  it('goes on after kill -9 with the blocks that are missing, and nothing is readable before', async () => {
    const { client, file, bytes, name } = place(80 * MIB);
    const argv = [String(storage?.port), 'uploads', name, file.path, String(HEADER_BYTES)];
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/upload-program.ts', ...argv]);
    await new Promise<void>((resolve) => {
      let dots = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        dots += chunk.length;
        if (dots >= 2) child.kill('SIGKILL');
      });
      child.on('exit', () => resolve());
    });
    assert.equal(await client.exists(), false);
    const { uncommittedBlocks = [] } = await client.getBlockList('uncommitted');
    assert.ok(uncommittedBlocks.length >= 2 && uncommittedBlocks.length < 11, 'killed in the middle');
    let already = 0;
    let calls = 0;
    await upload(client, file, (length) => {
      calls += 1;
      if (calls <= uncommittedBlocks.length) already += length;
    });
    assert.ok(already > 0);
    assert.ok((await client.downloadToBuffer()).equals(bytes));
  });

  it('takes no block of another file for its own', async () => {
    const one = place(20 * MIB);
    const other = place(20 * MIB);
    const stop = new AbortController();
    await assert.rejects(
      uploadBlocks(one.client, other.file, over(one.name), { sent: () => stop.abort(), signal: stop.signal }),
      { code: 'INTERRUPTED' },
    );
    await upload(one.client, one.file);
    assert.ok((await one.client.downloadToBuffer()).equals(one.bytes));
  });

  it('refuses a file that became shorter, or is gone', async () => {
    const { client, file } = place(MIB);
    truncateSync(file.path, 1000);
    await assert.rejects(upload(client, file), { code: 'FILE_CHANGED' });
    rmSync(file.path);
    await assert.rejects(upload(client, file), { code: 'FILE_NOT_FOUND' });
  });

  it('reports a network that is cut half way, and goes on when it is back', async () => {
    const { client, file, bytes, name } = place(40 * MIB);
    let passed = 0;
    const cut = await throughProxy(name, (chunk, socket) => {
      passed += chunk.length;
      if (passed <= 20 * MIB) return chunk;
      socket.destroy();
      return null;
    });
    await assert.rejects(upload(cut.client, file), { code: 'SERVICE_UNREACHABLE' });
    cut.close();
    await upload(client, file);
    assert.ok((await client.downloadToBuffer()).equals(bytes));
  });

  it('has storage refuse a block that was damaged on its way', async () => {
    const { client, file, name } = place(MIB);
    let passed = 0;
    const damaging = await throughProxy(name, (chunk) => {
      passed += chunk.length;
      // In the middle of the payload's block, behind every request's head.
      if (passed > MIB / 2 && passed - chunk.length <= MIB / 2) chunk[chunk.length >> 1]! ^= 1;
      return chunk;
    });
    await assert.rejects(upload(damaging.client, file), { code: 'BLOB_DAMAGED_ON_WAY' });
    damaging.close();
    assert.equal(await client.exists(), false);
  });

  /** A client of blob `name` whose bytes to storage pass through `filter`. */
  async function throughProxy(name: string, filter: ChunkFilter) {
    const { port, close } = await startTcpProxy(storage?.port ?? 0, { toServer: filter });
    return { client: azuriteContainer(port, 'uploads').getBlockBlobClient(name), close };
  }

  interface Placed {
    readonly name: string;
    readonly client: BlockBlobClient;
    readonly file: SealedFile;
    readonly bytes: Buffer;
  }

  function place(length: number): Placed {
    const name = `blob-${count++}.sealed`;
    const bytes = randomBytes(length);
    const path = join(directory(), name);
    writeFileSync(path, bytes);
    return { name, bytes, client: container.getBlockBlobClient(name), file: { path, ...digests(bytes) } };
  }

  /** Over what is there now. */
  async function upload(
    client: BlockBlobClient,
    file: SealedFile,
    sent: (bytes: number) => void = () => undefined,
  ) {
    const { etag = null } = (await client.exists()) ? await client.getProperties() : {};
    return uploadBlocks(client, file, over('x', etag), { sent, signal: never });
  }
});

function digests(bytes: Uint8Array): Pick<SealedFile, 'header' | 'payload'> {
  return {
    header: digestOf(bytes.subarray(0, HEADER_BYTES)),
    payload: digestOf(bytes.subarray(HEADER_BYTES)),
  };
}

function over(name: string, etag: string | null = null) {
  return { blob: { account: 'https://unused.example', container: 'uploads', name }, over: { etag } };
}
