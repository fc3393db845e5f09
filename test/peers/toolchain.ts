// Programs of peers, built in a cache of their own: versions are those of the locks (go.sum, hashes of requirements.txt).

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Command, Peer } from './peer.js';

const PEERS = resolve('test/peers');
const SET_UP_SECONDS = 600;

/** Why a program could not be built: no toolchain, or no registry. */
export class NotSetUp extends Error {}

/** Where peers are kept: `CLEANROOM_PEERS_CACHE`, or a folder of the user's cache. */
export function peersCache(): string {
  const given = process.env['CLEANROOM_PEERS_CACHE'];
  return given ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cleanroom-peers');
}

/** Builds the peer's program where it is not built yet. @throws NotSetUp */
export async function setUp({ program }: Peer, cache: string): Promise<Command> {
  mkdirSync(cache, { recursive: true });
  if ('go' in program) return setUpGo(program.go, cache);
  const place = await setUpVenv(requirementsOf(program), cache);
  if ('venv' in program) return { command: join(place, 'bin', program.command), args: [] };
  const script = join(PEERS, 'python', `${program.python}.py`);
  return { command: join(place, 'bin', 'python'), args: ['-I', '-B', script] };
}

/** The file under `python` that locks the packages of a program. */
export function requirementsOf(program: Exclude<Peer['program'], { go: string }>): string {
  return 'venv' in program ? program.venv : (program.requirements ?? 'requirements.txt');
}

/** Builds a module under `go`. @throws NotSetUp */
export async function setUpGo(module: string, cache: string): Promise<Command> {
  const folder = join(PEERS, 'go', module);
  const sources = [...filesOf(folder), ...filesOf(join(PEERS, 'go', 'session'))];
  const binary = join(cache, 'bin', `${module}-${digestOf(sources)}`);
  if (!existsSync(binary))
    await run('go', ['build', '-mod=readonly', '-tags', 'rego', '-o', binary, '.'], folder, cache);
  return { command: binary, args: [] };
}

/* A folder with the packages that a file locks. */
async function setUpVenv(requirements: string, cache: string): Promise<string> {
  const folder = join(PEERS, 'python');
  const lock = join(folder, requirements);
  const place = join(cache, `python-${digestOf([lock])}`);
  const finished = join(place, 'finished');
  if (!existsSync(finished)) {
    rmSync(place, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', place], folder, cache);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary=:all:'];
    const python = join(place, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', ...flags, '-r', lock], folder, cache);
    writeFileSync(finished, '');
  }
  return place;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

function digestOf(files: readonly string[]): string {
  const digest = createHash('sha256');
  for (const file of files) digest.update(readFileSync(file));
  return digest.digest('hex').slice(0, 16);
}

/* Nothing but the locked modules: no other toolchain is fetched, and what is fetched stays in the cache. */
function environment(cache: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOFLAGS: '-modcacherw -buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOMODCACHE: join(cache, 'go', 'mod'),
    GOCACHE: join(cache, 'go', 'build'),
  };
}

function run(command: string, args: readonly string[], cwd: string, cache: string): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd,
      env: environment(cache),
      stdio: ['ignore', 'ignore', 'pipe'],
      // Its timer lets the process end; that of the option `timeout` does not where there is nothing to start.
      signal: AbortSignal.timeout(SET_UP_SECONDS * 1000),
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
    child.on('error', ({ name }) => {
      const late = `${command} took longer than ${SET_UP_SECONDS} s`;
      failed(new NotSetUp(name === 'AbortError' ? late : `${command} is not installed`));
    });
    child.on('close', (code) => {
      if (code === 0) done();
      else failed(new NotSetUp(said.trim().split('\n').at(-1) ?? `${command} ended with ${String(code)}`));
    });
  });
}
