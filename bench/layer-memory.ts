// Peak memory of `policy layer` over a layer of 2 GB in 100,000 files, which is made as it is read.

import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';

import type { BenchRow } from './row.js';

const FILES = 100_000;
const FILES_IN_A_DIRECTORY = 100;
const FILE_SIZE = 21_000;
const TARGET_BYTES = 200e6;
/* The program itself says at its end what it had at most: no tool has to be installed. */
const TELL_PEAK =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(`PEAK ${process.resourceUsage().maxRSS}\\n`))';

/** Runs the built program on stdin; wall time is that of making the tar too. */
export async function benchLayerMemory(): Promise<BenchRow> {
  const started = performance.now();
  const program = ['--import', TELL_PEAK, 'bin/run.js', 'policy', 'layer', '-', '--no-cache'];
  const child = spawn(process.execPath, program, { stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  Readable.from(largeLayer(), { objectMode: false }).pipe(child.stdin);
  const code = await ended;
  const peak = Number(/PEAK (\d+)/.exec(stderr)?.[1] ?? Number.NaN) * 1024;
  if (code !== 0 || Number.isNaN(peak)) throw new Error(`policy layer ended with ${String(code)}: ${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  return {
    name: `peak memory of policy layer, ${((FILES * FILE_SIZE) / 1e9).toFixed(1)} GB in ${FILES} files`,
    against: '200 MB',
    ratio: peak / TARGET_BYTES,
    target: '<= 1',
    detail: `${(peak / 1e6).toFixed(0)} MB resident at most; ${seconds.toFixed(1)} s`,
  };
}

function* largeLayer(): Generator<Buffer> {
  const content = Buffer.alloc(Math.ceil(FILE_SIZE / 512) * 512);
  for (let at = 0; at < FILE_SIZE; at++) content[at] = (at * 31) & 0xff;
  for (let file = 0; file < FILES; file++) {
    const directory = `usr/share/d${Math.floor(file / FILES_IN_A_DIRECTORY)}/`;
    if (file % FILES_IN_A_DIRECTORY === 0) yield header(directory, '5', 0);
    content.writeUInt32LE(file, 0);
    yield Buffer.concat([header(`${directory}file-${file}`, '0', FILE_SIZE), content]);
  }
  yield Buffer.alloc(1024);
}

function header(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
