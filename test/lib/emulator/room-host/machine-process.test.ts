// Rooms as processes of this machine: what such a process may not do, and that it ends with the emulator.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isNodeProgram, startOnMachine } from '../../../../src/lib/emulator/room-host/machine-process.js';
import { renderNamespace } from '../../../../src/lib/emulator/room-host/network-namespace.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const PROGRAM = `
import { once } from 'node:events';
import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
const attempt = (path) => { try { return readFileSync(path, 'utf8'); } catch (error) { return error.code; } };
const write = (path) => { try { writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; } };
const written = ['/dev/null', '/tmp/cleanroom-machine-process', import.meta.filename ?? '/app/main.mjs'].map(write);
await once(new Worker(new URL('thread.mjs', import.meta.url)), 'exit');
written.push(fstatSync(3).isSocket());
/* Node.js hands this one on by itself where coverage is measured. */
const { NODE_V8_COVERAGE, ...environment } = process.env;
console.log(JSON.stringify([environment, attempt('/etc/passwd'), attempt('/app/main.mjs'), process.cwd(), ...written]));
setInterval(() => undefined, 1e6);
`;

describe('a room that is a process of this machine', () => {
  const directory = useTemporaryDirectory();

  it('sees its own files and variables only, and ends when the emulator is gone, also after a thread of it ended', async () => {
    const root = join(directory(), 'image');
    await mkdir(join(root, 'app'), { recursive: true });
    await writeFile(join(root, 'app/main.mjs'), PROGRAM);
    await writeFile(join(root, 'app/thread.mjs'), '');
    const namespaceModule = join(directory(), 'namespace.mjs');
    const metadata = { host: '127.0.0.9', port: 1 };
    await writeFile(namespaceModule, renderNamespace({ address: '127.0.0.9', metadata, mounts: [] }));
    const { child } = startOnMachine({
      command: ['node', '/app/main.mjs'],
      environment: ['A=b'],
      workingDir: '/app',
      root,
      namespaceModule,
      readable: [],
      writable: [],
      stdio: true,
    });
    const [said] = (await once(child.stdout!, 'data')) as [Buffer];
    const seen = JSON.parse(said.toString()) as unknown[];
    const denied = 'ERR_ACCESS_DENIED';
    const place = join(root, 'app');
    assert.deepEqual(seen, [{ A: 'b' }, denied, denied, place, 'written', denied, denied, true]);
    /* The kernel closes it when the emulator is killed. */
    child.stdio[3]!.destroy();
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  });

  it('is one of Node.js with a script, or it is not started', () => {
    assert.deepEqual(
      [
        ['node', 'main.mjs'],
        ['/usr/local/bin/node', 'main.mjs'],
        ['node'],
        ['/bin/sh', '-c', 'node'],
        [],
      ].map(isNodeProgram),
      [true, true, false, false, false],
    );
  });
});
