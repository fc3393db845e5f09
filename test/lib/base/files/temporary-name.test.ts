// Files on their way: whose they are, and which of them nobody will finish.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { writeFileAtomic } from '../../../../src/lib/base/files/atomic-write.js';
import { removeAbandoned, temporaryBeside } from '../../../../src/lib/base/files/temporary-name.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('temporary files', () => {
  const root = useTemporaryDirectory();
  /** The name that this process makes, as a process that has ended would have made it. */
  const nameOfDead = async (path: string): Promise<string> => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    return (await temporaryBeside(path)).replace(/-\d+-(?=[^-]+-[0-9a-f]{12}\.tmp$)/, `-${pid}-`);
  };

  it('that a dead process left are removed by the next that writes into the directory, text in clear with them', async () => {
    const directory = join(root(), 'abandoned');
    mkdirSync(directory);
    const left = await nameOfDead(join(root(), 'notes.v1.sealed'));
    writeFileSync(join(directory, basename(left)), 'half');
    const documents = join(directory, basename(await nameOfDead(join(root(), 'opened'))));
    mkdirSync(documents);
    writeFileSync(join(documents, 'a.txt'), 'in clear');
    await writeFileAtomic(join(directory, 'notes.v2.sealed'), 'whole');
    assert.deepEqual(readdirSync(directory), ['notes.v2.sealed']);
  });

  it('of a live process, of another machine, and of other programs stay', async () => {
    const directory = join(root(), 'live');
    mkdirSync(directory);
    const live = basename(await temporaryBeside(join(root(), 'a')));
    const dead = basename(await nameOfDead(join(root(), 'b')));
    const elsewhere = dead.replace(/^b\.[0-9a-f]{8}/, 'b.00000000');
    const kept = [live, elsewhere, 'notes.tmp', 'notes.0123456789ab.tmp'].sort();
    for (const name of [...kept, dead]) writeFileSync(join(directory, name), '');
    assert.deepEqual(await removeAbandoned(directory), [dead]);
    assert.deepEqual(readdirSync(directory).sort(), kept);
  });

  it('of a process whose number another one has now are removed', async () => {
    const directory = join(root(), 'again');
    mkdirSync(directory);
    const own = basename(await temporaryBeside(join(root(), 'c')));
    const earlier = own.replace(/[^-]+(?=-[0-9a-f]{12}\.tmp$)/, '1');
    writeFileSync(join(directory, earlier), '');
    assert.deepEqual(await removeAbandoned(directory), [earlier]);
  });
});
