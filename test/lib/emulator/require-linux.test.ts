// Where the local Azure runs, and what is said elsewhere.

import assert from 'node:assert/strict';

import { CleanroomError } from '../../../src/lib/base/errors.js';
import { requireLinux } from '../../../src/lib/emulator/require-linux.js';
import { checkMachine } from '../../../src/lib/parties/doctor/machine-checks.js';

describe('a machine without Linux', () => {
  it('is told, before anything is made, that the local Azure needs Linux and how to run it in a container', () => {
    requireLinux('linux');
    for (const platform of ['darwin', 'win32'] as const)
      assert.throws(
        () => {
          requireLinux(platform);
        },
        (error) =>
          error instanceof CleanroomError &&
          error.code === 'LOCAL_AZURE_NEEDS_LINUX' &&
          error.message.includes(platform) &&
          /docker run .*npm run demo/.test(error.hint),
      );
  });

  it('has a line of doctor that says what works there', () => {
    const lineOf = (platform: NodeJS.Platform): { status: string; what: string; fix: string } =>
      checkMachine({ nodeVersion: '22.0.0', platform, packageVersion: () => '1' }).find(
        ({ id }) => id === 'PLATFORM',
      ) as never;
    assert.equal(lineOf('linux').status, 'ok');
    const { status, what, fix } = lineOf('darwin');
    assert.deepEqual([status, /verify, encrypt --to, policy and image/.test(what)], ['warn', true]);
    assert.match(fix, /docker run/);
  });
});
