// Upload of a sealed file to Azurite, against what the SDK does alone with the same blocks and concurrency.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BlockBlobClient } from '@azure/storage-blob';

import type * as uploader from '../src/lib/azure/block-uploader.js';
import { createSplitDigest } from '../src/lib/sealed-blob/engine/payload-digest.js';
import type { SealedFile } from '../src/lib/ports/sealed-upload.js';
import { startTestStorage } from '../test/support/azurite.js';
import type { BenchRow } from './row.js';

/* From the build: its threads run nothing else. */
const { BLOCK_SIZE, uploadBlocks, UPLOAD_CONCURRENCY } = (await import(
  new URL('../dist/lib/azure/block-uploader.js', import.meta.url).href
)) as typeof uploader;

const MIB = 1024 * 1024;
const SIZE_MIB = Number(process.env['CLEANROOM_BENCH_MIB'] ?? 1024);
const ROUNDS = 3;
const HEADER_BYTES = 1500;

export default async function benchUpload(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  const storage = await startTestStorage();
  if (storage === null) return [];
  try {
    const file = await writeFile(join(directory, 'sealed'));
    const container = storage.container('uploads');
    await container.create();
    const times = { ours: [] as number[], sdk: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const sides = [
        async () => times.ours.push(await timed(container.getBlockBlobClient(`ours-${round}`), file, upload)),
        async () => times.sdk.push(await timed(container.getBlockBlobClient(`sdk-${round}`), file, sdkAlone)),
      ];
      for (const side of round % 2 === 0 ? sides : sides.reverse()) await side();
    }
    const [ours, sdk] = [median(times.ours), median(times.sdk)];
    return [
      {
        name: `upload ${SIZE_MIB} MiB`,
        against: 'uploadFile of @azure/storage-blob, same blocks and concurrency',
        ratio: ours / sdk,
        target: '<= 1.10',
        detail: `${Math.round(SIZE_MIB / ours)} MiB/s against ${Math.round(SIZE_MIB / sdk)} MiB/s`,
      },
    ];
  } finally {
    await storage.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

type Uploader = (client: BlockBlobClient, file: SealedFile) => Promise<unknown>;

const upload: Uploader = (client, file) =>
  uploadBlocks(
    client,
    file,
    {
      blob: { account: client.accountName, container: client.containerName, name: client.name },
      over: 'nothing',
    },
    { sent: () => undefined, signal: new AbortController().signal },
  );

const sdkAlone: Uploader = (client, file) =>
  client.uploadFile(file.path, { blockSize: BLOCK_SIZE, concurrency: UPLOAD_CONCURRENCY });

/* The blob goes again at once: Azurite keeps what it is sent on disk. */
async function timed(client: BlockBlobClient, file: SealedFile, uploader: Uploader): Promise<number> {
  const start = performance.now();
  await uploader(client, file);
  const seconds = (performance.now() - start) / 1000;
  const { contentLength } = await client.getProperties();
  if (contentLength !== file.header.bytes + file.payload.bytes) throw new Error('the blob is not whole');
  await client.delete();
  return seconds;
}

async function writeFile(path: string): Promise<SealedFile> {
  const digest = createSplitDigest(HEADER_BYTES);
  const chunk = randomBytes(MIB);
  const file = await open(path, 'wx');
  for (let index = 0; index < SIZE_MIB; index++) {
    await file.writeFile(chunk);
    digest.add(chunk);
  }
  await file.close();
  return { path, ...digest.done() };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
