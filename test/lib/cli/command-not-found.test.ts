// A command that does not exist, as a script and as a person meet it.

import assert from 'node:assert/strict';

import { runProcess } from '../../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('a command that does not exist', () => {
  const directory = useTemporaryDirectory();
  const run = (...argv: string[]) => runProcess(argv, { cwd: directory(), env: { HOME: directory() } });

  it('is wrong usage, and the nearest one is named', async () => {
    const { code, stdout, stderr } = await run('policy', 'genrate', '-f', 'contract.yaml');
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^error USAGE: .*'policy genrate'\n {2}Did you mean: cleanroom policy generate\n$/);
  });

  it('is named by its nearest beginning where arguments follow, and by its topic where only that is near', async () => {
    const withArguments = await run('encrpt', 'notes.txt', '-f', 'contract.yaml');
    assert.match(withArguments.stderr, /Did you mean: cleanroom encrypt\n$/);
    assert.match((await run('polcy')).stderr, /Did you mean: cleanroom policy\n$/);
    assert.doesNotMatch((await run('foo')).stderr, /Did you mean/);
  });

  it('is not what is said where a command is given an argument that it does not take', async () => {
    const { code, stderr } = await run('contract', 'show', 'contract.yaml', '--json');
    assert.equal(code, 2);
    assert.equal(stderr, '');
    assert.match(
      (await run('contract', 'show', 'contract.yaml')).stderr,
      /^error USAGE: cleanroom contract show takes no argument, but was given 'contract\.yaml'\n {2}.*contract show --help\n$/,
    );
  });

  it('has the envelope of any error with --json, and no guess where none is near', async () => {
    const { code, stdout } = await run('frobnicate', '--json');
    assert.equal(code, 2);
    const { ok, error } = JSON.parse(stdout) as { ok: boolean; error: { code: string; hint: string } };
    assert.equal(ok, false);
    assert.equal(error.code, 'USAGE');
    assert.doesNotMatch(error.hint, /Did you mean/);
  });
});
