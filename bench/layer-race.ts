// `policy layer` beside hcsshim's converter built with Go and beside SHA-256 of the same bytes: whole processes, in turn.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { NotSetUp, peersCache, setUpGo } from '../test/peers/toolchain.js';
import { type LayerSet, realLayer, smallFilesLayer } from './layer-sets.js';
import { measureAnswer, measureNode, medianOf, type ProcessCost } from './measured-process.js';
import type { BenchRow } from './row.js';

const ROUNDS = 5;
const MEMORY_TARGET = 64e6;
const CACHE_TARGET_MS = 300;
/* What the ratio to hcsshim's time should be, by megabytes of real files. */
const SIZES = new Map([
  [30, 'none'],
  [50, '<= 1'],
  [100, '<= 1'],
  [300, '<= 1'],
  [400, '<= 1'],
]);
const SMALL_FILES_TARGET = `<= ${(1 / 1.3).toFixed(2)}`;
const SHA_256 = `
const hash = require('node:crypto').createHash('sha256'), fs = require('node:fs'), bytes = Buffer.allocUnsafe(1 << 20);
const file = fs.openSync(process.argv[1]);
for (let read; (read = fs.readSync(file, bytes)) > 0;) hash.update(bytes.subarray(0, read));
console.log(hash.digest('hex'));`;

/** Also throws where the two root hashes differ. */
export async function raceLayers(directory: string): Promise<readonly BenchRow[]> {
  const peer = await findPeer();
  const rows: BenchRow[] = [await startRow(directory)];
  for (const [megabytes, target] of SIZES) {
    const set = realLayer(directory, megabytes * 1e6);
    const figures = await race(set, peer);
    const name = `policy layer, ${megabytes} MB of real files (${set.files})`;
    rows.push(...peerRow(name, target, figures));
    if (megabytes === 300) rows.push(memoryRow(figures.ours));
    if (megabytes === 400) rows.push(shaRow(name, figures), await cacheRow(set, directory));
  }
  const small = smallFilesLayer(directory);
  const name = `policy layer, ${small.files} files of at most 8 KiB`;
  return [...rows, ...peerRow(name, SMALL_FILES_TARGET, await race(small, peer))];
}

interface Figures {
  readonly ours: readonly ProcessCost[];
  readonly sha: readonly ProcessCost[];
  /** Empty without Go. */
  readonly theirs: readonly ProcessCost[];
}

async function findPeer(): Promise<string | null> {
  try {
    return (await setUpGo('layers', peersCache())).command;
  } catch (cause) {
    if (!(cause instanceof NotSetUp) || process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
    process.stderr.write(`\npeer not installed: hcsshim's converter (${cause.message})\n`);
    return null;
  }
}

async function race({ path }: LayerSet, peer: string | null): Promise<Figures> {
  const [ours, sha, theirs]: [ProcessCost[], ProcessCost[], ProcessCost[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measureNode(['bin/run.js', 'policy', 'layer', path, '--no-cache']));
    sha.push(await measureNode(['-e', SHA_256, path]));
    if (peer !== null) theirs.push(await measureAnswer(peer, JSON.stringify({ Path: path })));
  }
  const differing = theirs.find(({ output }) => output !== ours[0]?.output);
  if (differing !== undefined) throw new Error(`${path}: hcsshim has the root hash ${differing.output}`);
  return { ours, sha, theirs };
}

function peerRow(name: string, target: string, { ours, theirs }: Figures): readonly BenchRow[] {
  if (theirs.length === 0) return [];
  const ratio = medianOf(ours, 'wallMs') / medianOf(theirs, 'wallMs');
  const against = "hcsshim's converter in Go";
  return [{ name, against, ratio, target, detail: `${told(ours)} against ${told(theirs)}` }];
}

function shaRow(name: string, { ours, sha }: Figures): BenchRow {
  const ratio = medianOf(ours, 'wallMs') / medianOf(sha, 'wallMs');
  const detail = `${told(ours)} against ${told(sha)}`;
  return { name, against: 'SHA-256 of the same bytes, one core', ratio, target: '<= 1.3', detail };
}

function memoryRow(ours: readonly ProcessCost[]): BenchRow {
  const peak = medianOf(ours, 'peakBytes');
  return {
    name: 'peak memory of policy layer, 300 MB of real files',
    against: '64 MB',
    ratio: peak / MEMORY_TARGET,
    target: '<= 1',
    detail: `${(peak / 1e6).toFixed(0)} MB resident at most`,
  };
}

async function cacheRow({ path }: LayerSet, directory: string): Promise<BenchRow> {
  const run = (): Promise<ProcessCost> => measureNode(['bin/run.js', 'policy', 'layer', path], directory);
  await run();
  const runs: ProcessCost[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await run());
  return {
    name: 'policy layer, 400 MB again, from the cache',
    against: '0.3 s',
    ratio: medianOf(runs, 'wallMs') / CACHE_TARGET_MS,
    target: '<= 1',
    detail: told(runs),
  };
}

async function startRow(directory: string): Promise<BenchRow> {
  const path = join(directory, 'nothing.tar');
  writeFileSync(path, Buffer.alloc(1024));
  const [ours, bare]: [ProcessCost[], ProcessCost[]] = [[], []];
  for (let round = 0; round < 3 * ROUNDS; round++) {
    ours.push(await measureNode(['bin/run.js', 'policy', 'layer', path, '--no-cache']));
    bare.push(await measureNode(['-e', '0']));
  }
  return {
    name: 'policy layer, processor time of the start',
    against: 'node -e 0',
    ratio: medianOf(ours, 'cpuMs') / medianOf(bare, 'cpuMs'),
    target: '<= 2',
    detail: `${told(ours)} against ${told(bare)}`,
  };
}

function told(costs: readonly ProcessCost[]): string {
  const [wall, cpu] = [medianOf(costs, 'wallMs').toFixed(0), medianOf(costs, 'cpuMs').toFixed(0)];
  return `${wall} ms (processors ${cpu} ms, ${(medianOf(costs, 'peakBytes') / 1e6).toFixed(0)} MB)`;
}
