// What is in the room's image, file by file: from the parts of its base that the user's cache holds, or that are fetched into it as
// the lock names them.

import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { lockedBase, usualBase } from '../../../../src/lib/cli/room-base.js';
import type { LayerEntry } from '../../../../src/lib/images/build/layer-tar.js';
import { type ProgramLayer, programLayers } from '../../../../src/lib/images/pack/pack-program.js';
import { CleanroomError } from '../../../../src/lib/base/errors.js';

const MB = 1_000_000;
const LIBRARIES = '/lib/x86_64-linux-gnu';
const BASE = [
  ...['/dev', '/proc', '/sys', '/tmp'],
  ...['/etc/group', '/etc/hosts', '/etc/nsswitch.conf', '/etc/os-release', '/etc/passwd'],
  ...['c.so.6', 'dl.so.2', 'gcc_s.so.1', 'm.so.6', 'pthread.so.0', 'rt.so.1'].map(
    (name) => `${LIBRARIES}/lib${name}`,
  ),
  ...[`${LIBRARIES}/ld-linux-x86-64.so.2`, '/lib64/ld-linux-x86-64.so.2'],
  ...['libstdc++.so.6', 'libstdc++.so.6.0.30'].map((name) => `/usr${LIBRARIES}/${name}`),
  '/usr/local/bin/node',
  '/var/lib/db/sbom/room.spdx.json',
  ...['gcc-12-base/copyright', 'libc6/copyright', 'libgcc-s1', 'libstdc++6', 'node/copyright'].map(
    (name) => `/usr/share/doc/${name}`,
  ),
  ...['gcc-12-base', 'libc6', 'libgcc-s1', 'libstdc++6'].map((name) => `/var/lib/dpkg/status.d/${name}`),
];

const modeOf = (entry: LayerEntry): number =>
  'directory' in entry ? entry.directory : 'link' in entry ? 0 : (entry.mode ?? 0o644);
const bytesOf = (entry: LayerEntry): number => ('source' in entry ? entry.source.length : 0);

describe("the files of the room's image", function () {
  this.timeout(120_000);
  let layers: readonly ProgramLayer[];
  let entries: readonly LayerEntry[];

  before(async function () {
    const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
    try {
      const source = await lockedBase(join(caches, 'cleanroom'), usualBase());
      layers = await programLayers(process.cwd(), 'summarizer', { kind: 'locked', source });
    } catch (cause) {
      if (!(cause instanceof CleanroomError) || cause.code !== 'IMAGE_BASE_UNREACHABLE') throw cause;
      process.stdout.write(`    not looked at: IMAGE_BASE_UNREACHABLE, ${cause.message}\n`);
      this.skip();
    }
    entries = layers.flatMap((layer) => layer.entries);
  });

  it('are the libraries that Node.js and its addon load, their licences, and nothing else below /app', () => {
    const base = entries.map(({ path }) => path).filter((path) => !path.startsWith('/app/'));
    assert.deepEqual(base.toSorted(), BASE.toSorted());
  });

  it('hold one program: no shell, no package manager, no script of a package, no certificate', () => {
    const started = entries.filter((entry) => !('directory' in entry) && (modeOf(entry) & 0o111) !== 0);
    assert.deepEqual(
      started.map(({ path }) => path),
      [`${LIBRARIES}/ld-linux-x86-64.so.2`, `${LIBRARIES}/libc.so.6`, '/usr/local/bin/node'],
    );
    const unwanted =
      /\/(?:[a-z]*sh|busybox|apt|dpkg|npm|npx|corepack|(?:pre|post)(?:inst|rm))$|\.(?:pem|crt|cer|der|list|md5sums|sh)$|^\/etc\/ssl/;
    assert.deepEqual(
      entries.map(({ path }) => path).filter((path) => unwanted.test(path)),
      [],
    );
  });

  it('hold no setuid bit, and one directory that anybody may write: /tmp', () => {
    const open = entries.filter((entry) => (modeOf(entry) & 0o6002) !== 0);
    assert.deepEqual(
      open.map((entry) => [entry.path, modeOf(entry).toString(8)]),
      [['/tmp', '1777']],
    );
  });

  it('take 60 MB in packages and program together, and 220 MB in all, at most', () => {
    const sum = (names: readonly string[]): number =>
      layers
        .filter(({ name }) => names.includes(name))
        .flatMap((layer) => layer.entries)
        .reduce((total, entry) => total + bytesOf(entry), 0);
    assert.ok(sum(['packages', 'program']) <= 60 * MB);
    assert.ok(sum(['system', 'node', 'packages', 'program']) <= 220 * MB);
  });
});
