// Debian's packages as the room's base takes them: made with Debian's own tools, served from loopback, never run.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { readAr } from '../../../../src/lib/images/base/ar.js';
import { debianEntries } from '../../../../src/lib/images/base/base-layers.js';
import { fetchDebianPackage } from '../../../../src/lib/images/base/debian-mirror.js';
import { openPartCache } from '../../../../src/lib/images/base/part-cache.js';
import type { LockedDebianPackage } from '../../../../src/lib/images/base/room-lock.js';
import { decompressXz } from '../../../../src/lib/images/base/xz.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool } from '../../../support/tools.js';

describe("a Debian package of the room's base", () => {
  const directory = useTemporaryDirectory();
  const answers = new Map<string, Buffer>();
  const asked: string[] = [];
  let server: Server;
  let mirror: string;
  let deb: Buffer;
  let entry: LockedDebianPackage;

  before(async function () {
    requireTool(this, 'dpkg-deb');
    const root = join(directory(), 'package');
    const lib = join(root, 'lib/x86_64-linux-gnu');
    for (const path of [lib, join(root, 'DEBIAN'), join(root, 'bin'), join(root, 'usr/share/doc/libc6')])
      mkdirSync(path, { recursive: true });
    const files = {
      'lib/x86_64-linux-gnu/libc.so.6': `libc ${'x'.repeat(70_000)}`,
      'bin/sh': 'a shell',
      'usr/share/doc/libc6/copyright': 'LGPL',
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
    const sums = Object.entries(files).map(
      ([name, text]) => `${createHash('md5').update(text).digest('hex')}  ${name}\n`,
    );
    writeFileSync(join(root, 'DEBIAN/md5sums'), sums.join(''));
    writeFileSync(
      join(root, 'DEBIAN/control'),
      'Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\nDescription: a test\n',
    );
    writeFileSync(join(root, 'DEBIAN/postinst'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    execFileSync('dpkg-deb', ['-Zxz', '--root-owner-group', '-b', root, join(directory(), 'libc6.deb')], {
      stdio: 'ignore',
    });
    deb = readFileSync(join(directory(), 'libc6.deb'));
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const answer = answers.get(request.url ?? '');
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
    });
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        resolve();
      }),
    );
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    entry = {
      name: 'libc6',
      version: '2.36-9',
      architecture: 'amd64',
      sha256: createHash('sha256').update(deb).digest('hex'),
      size: deb.length,
      file: 'pool/main/g/glibc/libc6.deb',
      snapshot: 'https://snapshot.debian.org/archive/debian/20260711T101637Z/pool/main/g/glibc/libc6.deb',
    };
  });
  after(() => server.close());
  beforeEach(() => {
    answers.clear();
    asked.length = 0;
  });

  const fetchInto = (cache: string): Promise<Uint8Array> =>
    fetchDebianPackage(
      entry,
      { mirror: `${mirror}/debian`, snapshot: mirror },
      openPartCache(join(directory(), cache)),
    );

  it('gives its libraries and its licence, and neither its programs nor its scripts', () => {
    const paths = debianEntries(entry, deb).map(({ path }) => path);
    assert.deepEqual(paths.sort(), [
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/usr/share/doc/libc6/copyright',
      '/var/lib/dpkg/status.d/libc6',
    ]);
  });

  it('is refused where it says to be another version than the lock names', () => {
    assert.throws(() => debianEntries({ ...entry, version: '2.36-10' }, deb), { code: 'ROOM_PART_MISMATCH' });
  });

  it('is fetched once, and read from the cache without a network afterwards', async () => {
    answers.set(`/debian/${entry.file}`, deb);
    assert.deepEqual(Buffer.from(await fetchInto('once')), deb);
    answers.clear();
    asked.length = 0;
    assert.deepEqual(Buffer.from(await fetchInto('once')), deb);
    assert.deepEqual(asked, []);
  });

  it("is fetched from Debian's snapshot archive where the mirror has dropped it", async () => {
    answers.set(`/archive/debian/20260711T101637Z/${entry.file}`, deb);
    assert.deepEqual(Buffer.from(await fetchInto('snapshot')), deb);
    assert.equal(asked.length, 2);
  });

  it('I12: is refused where the mirror has changed a byte of it, and not kept', async () => {
    const changed = Buffer.from(deb);
    changed[deb.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    answers.set(`/debian/${entry.file}`, changed);
    await assert.rejects(fetchInto('changed'), { code: 'ROOM_PART_MISMATCH' });
    answers.set(`/debian/${entry.file}`, deb);
    assert.deepEqual(Buffer.from(await fetchInto('changed')), deb);
  });

  it('is fetched again where its copy in the cache was changed', async () => {
    answers.set(`/debian/${entry.file}`, deb);
    await fetchInto('tampered');
    writeFileSync(join(directory(), 'tampered', `sha256-${entry.sha256}`), 'something else');
    assert.deepEqual(Buffer.from(await fetchInto('tampered')), deb);
  });

  it('says so where neither mirror nor archive has it', async () => {
    await assert.rejects(fetchInto('none'), { code: 'IMAGE_BASE_UNREACHABLE' });
  });
});

describe('the .xz decompressor', () => {
  for (const [what, make] of [
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('a clean room, a clean room. '.repeat(9000))],
    ['noise', () => randomBytes(300_000)],
    ['a program', () => readFileSync(process.execPath).subarray(0, 1 << 20)],
  ] as const) {
    it(`gives what xz was given: ${what}`, function () {
      requireTool(this, 'xz');
      const bytes = make();
      for (const options of [
        ['-0'],
        ['-9'],
        ['--check=sha256', '--block-size=65536'],
        ['--lzma2=lc=1,lp=2,pb=0'],
      ]) {
        const packed = execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 1 << 26 });
        assert.ok(bytes.equals(decompressXz(packed, 1 << 26)), options.join(' '));
      }
    });
  }

  it('X2: refuses what is cut short, another filter, and output without end', function () {
    requireTool(this, 'xz');
    const bytes = Buffer.from('x'.repeat(1 << 20));
    const packed = execFileSync('xz', ['-c'], { input: bytes });
    assert.throws(() => decompressXz(packed.subarray(0, packed.length - 40), 1 << 26), {
      code: 'LAYER_UNPACKABLE',
    });
    assert.throws(() => decompressXz(packed, 1 << 19), { code: 'LAYER_UNPACKABLE' });
    const filtered = execFileSync('xz', ['-c', '--x86', '--lzma2'], { input: bytes });
    assert.throws(() => decompressXz(filtered, 1 << 26), { code: 'LAYER_UNPACKABLE' });
  });
});

describe('an ar archive', () => {
  it('X2: is refused with a member that is cut short', () => {
    const header = `${'data.tar.xz'.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${'99'.padEnd(10)}\`\n`;
    assert.throws(() => readAr(Buffer.from(`!<arch>\n${header}short`)), { code: 'IMAGE_ARCHIVE_MALFORMED' });
  });
});
