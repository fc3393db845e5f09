// Sealing and opening 1 GiB: memory to memory against raw node:crypto, file to file against the age tool.

import { spawnSync } from 'node:child_process';
import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStream } from '../src/lib/sealed-blob/engine/open.js';
import { recipientKeyOf } from '../src/lib/keys/recipient-key.js';
import { sealStream } from '../src/lib/sealed-blob/engine/seal.js';
import { createBufferRing } from '../src/lib/sealed-blob/engine/segmenter.js';
import type { BenchRow } from './row.js';

const MIB = 1024 * 1024;
const SIZE_MIB = Number(process.env['CLEANROOM_BENCH_MIB'] ?? 1024);
const ROUNDS = 3;
/* A disk varies more than a processor. */
const FILE_ROUNDS = 5;
/* Tells the peak memory of a child, where it is installed. */
const GNU_TIME = '/usr/bin/time';

export default async function benchSealing(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  try {
    return [...(await memoryRows()), ...fileRows(directory)];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function memoryRows(): Promise<BenchRow[]> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const chunk = randomBytes(MIB);
  const recipients = [recipientKeyOf(publicKey)];
  const seal = (source: AsyncIterable<Uint8Array>) =>
    sealStream(source, {
      recipients,
      protected: { cty: 'application/octet-stream' },
      buffers,
    });
  const buffers = createBufferRing();
  const times = { raw: [] as number[], seal: [] as number[], open: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.raw.push(await timed(() => rawCipher(repeat(chunk))));
    times.seal.push(
      await timed(async () => {
        for await (const part of seal(repeat(chunk)).payload) buffers.give(part);
      }),
    );
    const sealed = seal(repeat(chunk));
    // The time to open is that of sealing and opening together, less that of sealing.
    const both = await timed(async () => {
      const source = joined(sealed.header.raw, sealed.payload, buffers);
      const opened = await openStream(source, { identities: () => [privateKey], buffers });
      for await (const part of opened.plaintext) buffers.give(part);
    });
    times.open.push(both - (times.seal.at(-1) ?? 0));
  }
  const raw = median(times.raw);
  return (['seal', 'open'] as const).map((what) => ({
    name: `${what} ${SIZE_MIB} MiB in memory`,
    against: 'node:crypto AES-256-GCM, one cipher',
    ratio: median(times[what]) / raw,
    target: '<= 1.25',
    detail: `${rate(median(times[what]))} against ${rate(raw)}`,
  }));
}

function fileRows(directory: string): BenchRow[] {
  if (spawnSync('age', ['--version']).status !== 0) return [];
  const at = (name: string): string => join(directory, name);
  const plaintext = at('plain');
  writeFileSync(plaintext, Buffer.alloc(SIZE_MIB * MIB, 'Fabrikam notes, line after line.\n'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(at('pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
  writeFileSync(at('key.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  spawnSync('age-keygen', ['-o', at('age.key')]);
  const recipient = spawnSync('age-keygen', ['-y', at('age.key')])
    .stdout.toString()
    .trim();
  const ours = (argv: readonly string[]) => [process.execPath, 'bin/run.js', ...argv];
  const commands = {
    seal: ours(['encrypt', plaintext, '--to', at('pub.jwk'), '--out', at('ours')]),
    'age seals': ['age', '-r', recipient, '-o', at('age'), plaintext],
    open: ours(['decrypt', at('ours'), '--identity', at('key.jwk'), '--out', at('ours.plain')]),
    'age opens': ['age', '-d', '-i', at('age.key'), '-o', at('age.plain'), at('age')],
  };
  const times: Record<string, number[]> = {};
  let peak = 0;
  for (let round = 0; round < FILE_ROUNDS; round++) {
    // Who goes first changes from round to round: what runs later finds another disk and another page cache.
    const entries = Object.entries(commands);
    const order = round % 2 === 0 ? entries : [...swapPairs(entries)];
    for (const [name, command] of order) {
      const { seconds, peakKib } = run(command, at(OUTPUTS[name] ?? ''));
      (times[name] ??= []).push(seconds);
      if (!name.startsWith('age')) peak = Math.max(peak, peakKib);
    }
  }
  if (statSync(at('ours.plain')).size !== SIZE_MIB * MIB) throw new Error('the file did not come back whole');
  const row = (name: 'seal' | 'open', other: string): BenchRow => ({
    name: `${name} ${SIZE_MIB} MiB file to file`,
    against: 'age, with sync',
    ratio: median(times[name] ?? []) / median(times[other] ?? []),
    target: '< 1',
    detail: `${rate(median(times[name] ?? []))} against ${rate(median(times[other] ?? []))}; peak memory ${Math.round(peak / 1024)} MiB`,
  });
  return [row('seal', 'age seals'), row('open', 'age opens')];
}

/* What each command writes; gone before it runs, so that none pays for the removal of an older file. */
const OUTPUTS: Readonly<Record<string, string>> = {
  seal: 'ours',
  'age seals': 'age',
  open: 'ours.plain',
  'age opens': 'age.plain',
};

function* swapPairs<T>(items: readonly T[]): Generator<T, void> {
  for (let index = 0; index + 1 < items.length; index += 2) {
    yield items[index + 1] as T;
    yield items[index] as T;
  }
}

/* age leaves its output to the page cache; ours is synced, so the time of a sync is part of both. Before: a quiet disk. */
function run(command: readonly string[], output: string): { seconds: number; peakKib: number } {
  rmSync(output, { force: true });
  spawnSync('sync');
  const start = performance.now();
  const [program = '', ...argv] = existsSync(GNU_TIME) ? [GNU_TIME, '-f', '%M', ...command] : command;
  const { status, stderr } = spawnSync(program, argv);
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
  if (command[0] === 'age') spawnSync('sync', [command[command.indexOf('-o') + 1] ?? '.']);
  return {
    seconds: (performance.now() - start) / 1000,
    peakKib: Number(stderr.toString().trim().split('\n').at(-1)) || 0,
  };
}

async function rawCipher(source: AsyncIterable<Uint8Array>): Promise<void> {
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
  for await (const chunk of source) cipher.update(chunk);
  cipher.final();
}

async function* repeat(chunk: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let index = 0; index < SIZE_MIB; index++) yield await Promise.resolve(chunk);
}

async function* joined(
  header: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
  buffers: { give(chunk: Uint8Array): void },
): AsyncGenerator<Uint8Array, void> {
  yield header;
  for await (const part of payload) {
    yield part;
    buffers.give(part);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rate(seconds: number): string {
  return `${Math.round(SIZE_MIB / seconds)} MiB/s`;
}
