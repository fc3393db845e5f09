// Layer root hash against raw SHA-256 of the same bytes: real files, one run, interleaved.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildImage } from '../src/lib/images/build/build-image.js';
import { hashLayerFile } from '../src/lib/images/layer-file.js';
import { openLayerCache } from '../src/lib/images/layer-cache.js';
import { benchLayerMemory } from './layer-memory.js';
import type { BenchRow } from './row.js';

const ROUNDS = 5;
/* Large trees of small and middling files that every checkout has. */
const SOURCES = ['node_modules/onnxruntime-node', 'node_modules/@azure', 'node_modules/typescript'];

/** Measures wall time, which is what a user waits; the hash uses a second core where there is one. */
export default async function benchLayer(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  try {
    const tar = join(directory, 'layer.tar');
    execFileSync('tar', ['-chf', tar, ...SOURCES]);
    const raw: number[] = [];
    const hashed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      raw.push(await timed(() => rawSha256(tar)));
      hashed.push(await timed(() => hashLayerFile(tar)));
    }
    const cache = openLayerCache(join(directory, 'cache'));
    await hashLayerFile(tar, { cache });
    const cached = await timed(() => hashLayerFile(tar, { cache }));
    return [
      ...rows(statSync(tar).size, median(raw), median(hashed), cached),
      await secondGenerate(directory, tar),
      await benchLayerMemory(),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/* The command as a process, twice over the same archive. */
async function secondGenerate(directory: string, tar: string): Promise<BenchRow> {
  const archive = join(directory, 'image.oci.tar');
  await buildImage({ layers: [[{ path: '/data.tar', source: tar }]], entrypoint: ['/bin/app'] }, archive);
  const template = join(directory, 'template.json');
  const container = { name: 'web', properties: { image: 'contoso.azurecr.io/web:1' } };
  const type = 'Microsoft.ContainerInstance/containerGroups';
  const resources = [{ type, name: 'room', properties: { containers: [container] } }];
  writeFileSync(template, JSON.stringify({ resources }));
  const generate = (): void => {
    const argv = ['bin/run.js', 'policy', 'generate', '--template', template, '--image', `web=${archive}`];
    const env = { PATH: process.env['PATH'] ?? '', HOME: directory };
    execFileSync(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const [first, second] = [await timed(generate), await timed(generate)];
  return {
    name: 'policy generate, second run on the same archive, start of the program included',
    against: 'one second',
    ratio: second / 1000,
    target: '<= 1',
    detail: `${second.toFixed(0)} ms; the first run took ${first.toFixed(0)} ms`,
  };
}

function rows(bytes: number, raw: number, hashed: number, cached: number): BenchRow[] {
  const megabytes = (ms: number): string => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
  const size = `${(bytes / 1e6).toFixed(0)} MB of real files`;
  const memory = `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`;
  return [
    {
      name: `layer root hash, ${size}`,
      against: 'SHA-256 of the same bytes, one core',
      ratio: hashed / raw,
      target: '<= 2.5',
      detail: `${megabytes(hashed)} against ${megabytes(raw)}; ${memory}`,
    },
    {
      name: 'layer root hash, second run from the cache',
      against: 'one second',
      ratio: cached / 1000,
      target: '<= 1',
      detail: `${cached.toFixed(0)} ms`,
    },
  ];
}

async function rawSha256(path: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  hash.digest();
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
