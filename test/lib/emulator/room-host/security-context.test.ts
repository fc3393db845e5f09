// What a group finds about its guest, as another user than the emulator's.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { openSecurityContext } from '../../../../src/lib/emulator/room-host/security-context.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('the security context of a group', () => {
  const directory = useTemporaryDirectory();

  it('is readable for every user, whatever umask the emulator was started with', async () => {
    const path = join(directory(), 'sc');
    const before = process.umask(0o077);
    const context = await openSecurityContext(path, '', () => ({
      files: { 'security-policy-base64': 'policy' },
      signReport: () => new Uint8Array(),
    }));
    process.umask(before);
    const modes = readdirSync(path).map((name) => [name, statSync(join(path, name)).mode & 0o777]);
    assert.deepEqual(modes, [
      ['security-policy-base64', 0o644],
      ['sev-guest.sock', 0o666],
    ]);
    assert.equal(statSync(path).mode & 0o777, 0o755);
    await context.close();
  });
});
