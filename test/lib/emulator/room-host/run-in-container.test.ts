// `emulator exec`: only into a container, also where the number of its process has been given to another since.

import assert from 'node:assert/strict';

import { runInContainer } from '../../../../src/lib/emulator/room-host/namespaces/run-in-container.js';

describe('a look into a container', () => {
  it('is refused where the process has no namespaces of its own, or is not there', async function () {
    if (process.platform !== 'linux') this.skip();
    for (const pid of [process.pid, 2 ** 22])
      await assert.rejects(runInContainer(pid, ['true']), { code: 'USAGE' });
  });
});
