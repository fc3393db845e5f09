// A process that may open few files: what it cannot do is said with what to raise, wherever it happens.

import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { runProcess } from '../../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const GOLDEN = resolve('test/golden/0.1');

describe('a process that may open few files', function () {
  this.timeout(60_000);
  const home = useTemporaryDirectory();

  // With 21 not even the commands are loaded; 26 is enough for some of what they need; 40 for all but the largest.
  for (const limit of [21, 26, 40])
    it(`of ${limit} is told to raise the limit, and writes nothing half`, async () => {
      const argv = [
        'verify',
        'room.evidence.json',
        '--allow-emulated',
        '--anchors',
        'anchors.json',
        '--json',
      ];
      const run = await runProcess(argv, { cwd: GOLDEN, env: { HOME: home() }, limit: `-n ${limit}` });
      const { ok, error } = JSON.parse(run.stdout) as { ok: boolean; error: { code: string; hint: string } };
      assert.deepEqual([run.code, ok, error.code], [3, false, 'TOO_MANY_FILES_OPEN'], run.stdout);
      assert.match(error.hint, /ulimit -n/);
    });

  it('of 96 does everything', async () => {
    const argv = ['decrypt', 'notes.sealed', '--identity', 'own.test-key.jwk', '--json', '--out'];
    const run = await runProcess([...argv, resolve(home(), 'opened')], {
      cwd: GOLDEN,
      env: { HOME: home() },
      limit: '-n 96',
    });
    assert.equal(run.code, 0, run.stdout);
  });
});
