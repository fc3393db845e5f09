// Packages of the npm registry, through the user's own npm client: its registry, proxy, certificates and login count.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CleanroomError, describeCause } from '../../base/errors.js';
import { integrityDigest, type PartCache } from './part-cache.js';
import type { LockedNpmPackage } from './room-lock.js';

const TIMEOUT_MS = 300_000;
const MAX_SAID = 2_000;

/**
 * The tarball of a locked package, checked against its integrity: from the cache, else by `npm pack`.
 *
 * @throws CleanroomError IMAGE_BASE_UNREACHABLE, ROOM_PART_MISMATCH
 */
export async function fetchNpmTarball(
  { name, version, integrity }: LockedNpmPackage,
  cache: PartCache,
): Promise<Uint8Array> {
  const what = `npm's package ${name} ${version}`;
  return cache.get(integrityDigest(integrity), what, () => packWithNpm(name, version));
}

async function packWithNpm(name: string, version: string): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-npm-'));
  try {
    await runNpm([
      'pack',
      `${name}@${version}`,
      '--pack-destination',
      directory,
      '--ignore-scripts',
      '--silent',
    ]);
    const [file] = await readdir(directory);
    if (file === undefined)
      throw new CleanroomError('IMAGE_BASE_UNREACHABLE', `npm pack ${name}@${version} wrote nothing`);
    return await readFile(join(directory, file));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Standard output of the npm client. @throws CleanroomError IMAGE_BASE_UNREACHABLE */
export async function runNpm(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const isWindows = process.platform === 'win32';
    const child = spawn(isWindows ? 'npm.cmd' : 'npm', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      shell: isWindows,
    });
    const said: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString('utf8')}`.slice(0, MAX_SAID);
    });
    const fail = (why: string): void => {
      reject(
        new CleanroomError('IMAGE_BASE_UNREACHABLE', `npm ${args.slice(0, 2).join(' ')} failed: ${why}`),
      );
    };
    child.once('error', (cause) => {
      fail(describeCause(cause));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(said).toString('utf8'));
      else fail(complaint.trim().split('\n')[0] || `it ended with ${String(code)}`);
    });
  });
}
