// Output that cannot be written: a full disk, a reader that has gone, a file system that takes nothing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const PROGRAM = resolve('bin/run.js');
const POLICY = resolve('test/vectors/attestation/sets/aci-milan-v3-svn103-ec/security-policy.rego');

describe('output that cannot be written', function () {
  const home = useTemporaryDirectory();

  before(function () {
    if (!existsSync('/dev/full')) this.skip();
  });

  /* A shell, for its redirections; $0 is Node. */
  function shell(command: string, cwd = home()) {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: home(), NO_COLOR: '1' },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  for (const command of [`policy hash ${POLICY}`, `policy hash ${POLICY} --json`, '--version', '--help'])
    it(`to a full disk is an error with its exit code and no stack: ${command.replace(POLICY, 'FILE')}`, () => {
      const { status, stderr } = shell(`"$0" ${PROGRAM} ${command} > /dev/full`);
      assert.equal(status, 3);
      assert.match(stderr, /^error FILE_UNWRITABLE: standard output cannot be written: ENOSPC/m);
      assert.doesNotMatch(stderr, / at |node:internal/);
    });

  it('to a full disk for warnings alone costs nothing but the warnings', () => {
    const { status, stdout } = shell(`"$0" ${PROGRAM} policy hash ${POLICY} 2> /dev/full`);
    assert.equal(status, 0);
    assert.match(stdout, /^[0-9a-f]{64}\n$/);
  });

  it('to a reader that has gone is no error', () => {
    const { stdout, stderr } = shell(
      `{ "$0" ${PROGRAM} policy show ${POLICY}; echo "exit $?" >&2; } | head -n 1`,
    );
    assert.equal(stdout.split('\n').length, 2);
    assert.equal(stderr, 'exit 0\n');
  });

  it('to a file system that takes nothing is an error of the machine, not of ours', () => {
    const { status, stdout } = shell(
      `"$0" ${PROGRAM} init --party fabrikam --role data-owner --dataset notes --json`,
      '/sys',
    );
    const { error } = JSON.parse(stdout) as { error: { code: string } };
    assert.deepEqual([status, error.code], [3, 'FILE_UNWRITABLE']);
  });
});
