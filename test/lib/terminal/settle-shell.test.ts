// A user that the system does not know by name, as containers start programs: `cleanroom` runs all the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { useTemporaryDirectory } from '../../support/temporary-directory.js';

/* What os.userInfo() does for a uid without an entry in /etc/passwd. */
const UNKNOWN_USER = `data:text/javascript,${encodeURIComponent(`
  import os from 'node:os';
  import { syncBuiltinESMExports } from 'node:module';
  os.userInfo = () => { throw new Error('uv_os_get_passwd returned ENOENT'); };
  syncBuiltinESMExports();
`)}`;

function runAsUnknownUser(...argv: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
} {
  const { status, stdout } = spawnSync(process.execPath, ['--import', UNKNOWN_USER, ...argv], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_OPTIONS: `--import=${UNKNOWN_USER}` },
    cwd: resolve('.'),
  });
  return { status, stdout };
}

describe('a user without a name and without SHELL', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();

  it('runs cleanroom', () => {
    const { status, stdout } = runAsUnknownUser('bin/run.js', '--version');
    assert.equal(status, 0);
    assert.match(stdout, /^@?cleanroom/);
  });

  it('builds the manifest of the commands', () => {
    for (const name of ['dist', 'node_modules']) symlinkSync(resolve(name), join(directory(), name));
    copyFileSync('package.json', join(directory(), 'package.json'));
    const { status, stdout } = runAsUnknownUser('tools/write-manifest.js', directory());
    assert.equal(status, 0, stdout);
    const manifest = readFileSync(join(directory(), 'oclif.manifest.json'), 'utf8');
    assert.ok(Object.keys((JSON.parse(manifest) as { commands: object }).commands).includes('encrypt'));
  });
});
