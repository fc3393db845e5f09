// `npm run reproduce`: the room's image from a clone and from an installation of the packed package, by several releases of npm
// and Node.js, under other users, permissions, time zones and directories. Prints each digest; fails unless all are one.
// It installs seven times and takes minutes; `npm test` has the cheap part in test/packages/cli.test.ts.

import { execFileSync, spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65_534;
const QUIET = ['--no-fund', '--no-audit', '--loglevel=error', '--prefer-offline'];
const work = mkdtempSync(join(tmpdir(), 'reproduce-'));
chmodSync(work, 0o755);
const at = (...names: readonly string[]): string => join(work, ...names);

interface Place {
  /** What `npm` and the program are run with. */
  readonly umask?: string;
  readonly timeZone?: string;
  /** A directory with another `node` in it. */
  readonly node?: string;
  /** Run the program as somebody else; only root can. */
  readonly uid?: number;
}

function shell(command: string, cwd: string, { umask = '022', timeZone, node, uid }: Place = {}): string {
  const path = [...(node === undefined ? [] : [node]), process.env['PATH'] ?? ''].join(':');
  const options: SpawnSyncOptions = {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: {
      ...process.env,
      PATH: path,
      TZ: timeZone ?? 'UTC',
      ...(uid === undefined ? {} : { HOME: at('nobody'), XDG_CACHE_HOME: at('nobody', '.cache') }),
    },
  };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `umask ${umask}; ${command}`], options);
  if (status !== 0) throw new Error(`${command}: ${`${String(stderr)}${String(stdout)}`.slice(0, 2000)}`);
  return String(stdout);
}

/** The digest of the whole image that the installation at `root` builds. */
function build(root: string, cwd: string, place: Place = {}): string {
  const run = join(root, 'bin', 'run.js');
  const out = join(cwd, 'room.tar');
  const json = shell(
    `node '${run}' image build --model t5-demo --out '${out}' --json && rm '${out}'`,
    cwd,
    place,
  );
  return (JSON.parse(json) as { result: { manifestDigest: string } }).result.manifestDigest;
}

function clone(name: string, npm: string, place: Place = {}): string {
  const root = at(name);
  /* All of one commit, whatever is committed here meanwhile. */
  const source = existsSync(at('clone')) ? at('clone') : process.cwd();
  execFileSync('git', ['clone', '--quiet', '--no-local', source, root]);
  shell(`${npm} ci ${QUIET.join(' ')}`, root, place);
  shell('npm run --silent build', root, place);
  return root;
}

/** The package packed from `root` and installed globally. */
function installGlobally(name: string, root: string, npm: string, place: Place = {}): string {
  const [packed, prefix] = [at(`${name}-packed`), at(name)];
  mkdirSync(packed);
  mkdirSync(prefix, { mode: 0o755 });
  shell(`npm pack --silent --ignore-scripts=false --pack-destination ${packed}`, root, place);
  const [file = ''] = readdirSync(packed);
  shell(`${npm} install --global --prefix ${prefix} ${QUIET.join(' ')} ${join(packed, file)}`, packed, place);
  return join(prefix, 'lib', 'node_modules', '@cleanroom', 'cli');
}

/** A directory with the `node` of that release line, from npm. */
function nodeOf(major: number): string {
  const directory = at(`node-${major}`);
  mkdirSync(directory);
  shell(`npm install ${QUIET.join(' ')} --prefix . node@${major}`, directory);
  return join(directory, 'node_modules', 'node', 'bin');
}

function* variants(): Generator<readonly [string, () => string]> {
  const first = clone('clone', 'npm');
  yield ['a clone', () => build(first, first)];
  yield ['a clone elsewhere, umask 077', () => build(clone('another place/clone', 'npm', { umask: '077' }), work)];
  for (const major of [10, 11])
    yield [`a clone, npm ${major}`, () => build(clone(`npm-${major}`, `npx --yes npm@${major}`), work)];
  const installed = installGlobally('global', first, 'npm', { umask: '002' });
  yield ['npm i -g, umask 002', () => build(installed, work)];
  const closed = installGlobally('closed', first, 'npx --yes npm@10', { umask: '077' });
  yield ['npm i -g, umask 077, npm 10, in Kiritimati', () => build(closed, work, { umask: '077', timeZone: 'Pacific/Kiritimati' })];
  for (const major of [20, 22, 24])
    yield [`npm i -g, Node.js ${major}`, () => build(installed, work, { node: nodeOf(major) })];
  if (process.getuid?.() === 0) yield ['npm i -g, another user, umask 002', () => asNobody(installed)];
  yield ['a clone with the packages of darwin/arm64', () => build(forDarwin(first), work)];
}

function asNobody(installed: string): string {
  const cache = join(homedir(), '.cache', 'cleanroom', 'room-parts');
  mkdirSync(at('nobody', '.cache', 'cleanroom'), { recursive: true });
  if (existsSync(cache)) cpSync(cache, at('nobody', '.cache', 'cleanroom', 'room-parts'), { recursive: true });
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, at('nobody')]);
  return build(installed, at('nobody'), { uid: NOBODY, umask: '002' });
}

/** What was built here, beside the packages that a Mac gets. */
function forDarwin(built: string): string {
  shell(`npm ci ${QUIET.join(' ')} --omit=dev --ignore-scripts --os=darwin --cpu=arm64`, built);
  return built;
}

const digests = new Map<string, string>();
try {
  for (const [name, digest] of variants()) {
    digests.set(name, digest());
    console.log(`${digests.get(name) ?? ''}  ${name}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
const distinct = new Set(digests.values()).size;
console.log(`${digests.size} ways, ${distinct} ${distinct === 1 ? 'digest' : 'digests'}`);
process.exitCode = distinct === 1 ? 0 : 1;
