// The state directory: documents, ports and the lock.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { lockDirectory } from '../../../../src/lib/emulator/state/directory-lock.js';
import { openPortBook } from '../../../../src/lib/emulator/state/ports.js';
import { identifyProcess } from '../../../../src/lib/base/files/process-identity.js';
import {
  ensureMarker,
  memoryStateStore,
  openStateStore,
} from '../../../../src/lib/emulator/state/state-store.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('the state directory of an emulator', () => {
  const root = useTemporaryDirectory();
  const fresh = (): Promise<string> => mkdtemp(join(root(), 'state-'));

  it('keeps documents across openings, readable by their owner only', async () => {
    const directory = await fresh();
    const store = await openStateStore(directory);
    assert.equal(await store.load('keys'), null);
    await store.save('keys', { a: 1 });
    assert.deepEqual(await (await openStateStore(directory)).load('keys'), { a: 1 });
    assert.equal((await stat(join(directory, 'keys.json'))).mode & 0o777, 0o600);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  it('saves in order, so that the last document wins', async () => {
    const directory = await fresh();
    const store = await openStateStore(directory);
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.save('counter', { index })));
    assert.deepEqual(await store.load('counter'), { index: 19 });
    assert.deepEqual(await readdir(directory), ['counter.json']);
  });

  it('refuses a document that is not JSON and names its file', async () => {
    const directory = await fresh();
    await writeFile(join(directory, 'keys.json'), '{"a":');
    const store = await openStateStore(directory);
    await assert.rejects(store.load('keys'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'EMULATOR_STATE_CORRUPT');
      assert.match(error.message, /keys\.json/);
      return true;
    });
  });

  it('refuses a directory marked by another version', async () => {
    const store = memoryStateStore();
    await store.save('emulator', { version: 2, id: 'x' });
    await assert.rejects(ensureMarker(store), { code: 'EMULATOR_STATE_CORRUPT' });
  });

  it('chooses the port of a service once', async () => {
    const store = memoryStateStore();
    const first = await openPortBook(store);
    const [hsm, blob] = [await first('hsm'), await first('blob')];
    const second = await openPortBook(store);
    assert.deepEqual([await second('hsm'), await second('blob')], [hsm, blob]);
    assert.notEqual(hsm, blob);
  });

  it('keeps a port that another program has taken, so that starting is an error and not a new port', async () => {
    const store = memoryStateStore();
    const port = await (await openPortBook(store))('hsm');
    const taker = createServer().listen(port, '127.0.0.1');
    await once(taker, 'listening');
    assert.equal(await (await openPortBook(store))('hsm'), port);
    taker.close();
  });

  it('refuses a table of ports that holds something else', async () => {
    const store = memoryStateStore();
    await store.save('ports', { hsm: 'https' });
    await assert.rejects(openPortBook(store), { code: 'EMULATOR_STATE_CORRUPT' });
  });

  it('is held by one process at a time, and by another after its release', async () => {
    const directory = await fresh();
    const lock = await lockDirectory(directory);
    await assert.rejects(lockDirectory(directory), { code: 'EMULATOR_ALREADY_RUNNING' });
    await lock.release();
    await (await lockDirectory(directory)).release();
  });

  it('is held once where two start at the same time', async () => {
    const directory = await fresh();
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => lockDirectory(directory)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('is taken over from a process that was killed', async () => {
    const directory = await fresh();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = await identifyProcess(child.pid!);
    await writeFile(join(directory, 'lock.json'), JSON.stringify(identity));
    await assert.rejects(lockDirectory(directory), { code: 'EMULATOR_ALREADY_RUNNING' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockDirectory(directory)).release();
  });

  it('is taken over where the pid of the dead holder belongs to another program now', async () => {
    const directory = await fresh();
    await writeFile(join(directory, 'lock.json'), JSON.stringify({ pid: process.pid, startTime: '1' }));
    await (await lockDirectory(directory)).release();
  });
});
