// A login whose token has expired, as `az` hands it out from its cache: through commands, on a local Azure whose time moves on.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { exampleContract } from '../support/contract.js';
import { credentialOf, startTestEmulator } from '../support/local-azure.js';
import { runCleanroomIn } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const DAY_MS = 86_400_000;

describe('a login whose token has expired', function () {
  this.timeout(60_000);
  const root = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let token: string;
  let later = 0;

  before(async () => {
    emulator = await startTestEmulator(join(root(), 'emulator'), {
      clock: () => new Date(Date.now() + later),
    });
    const fabrikam = emulator.parties.find(({ name }) => name === 'fabrikam')!;
    const credential = await credentialOf(emulator, 'fabrikam');
    token = (await credential.getToken('https://managedhsm.azure.net/.default'))!.token;
    const contract = structuredClone(exampleContract());
    contract.datasets[0]!.key = { vault: fabrikam.vault, name: 'notes' };
    writeFileSync(join(root(), 'contract.yaml'), stringify(contract));
    const profile = {
      party: 'fabrikam',
      tenant: fabrikam.tenantId,
      subscription: fabrikam.subscription,
      credential: { kind: 'azure-cli' },
      vault: fabrikam.vault,
      endpoints: {
        authority: emulator.endpoints.authority,
        resourceManager: emulator.endpoints.resourceManager,
      },
      tlsRoots: emulator.tlsRootsPath,
      verifyChallengeResource: false,
    };
    writeFileSync(
      join(root(), 'cleanroom.config.yaml'),
      stringify({ default: 'fabrikam', profiles: { fabrikam: profile } }),
    );
    // What `az account get-access-token` prints; its cache says that the token is good for long.
    const answer = {
      accessToken: token,
      expires_on: Math.floor(Date.now() / 1000) + 100 * 3600,
      tokenType: 'Bearer',
    };
    mkdirSync(join(root(), 'bin'));
    writeFileSync(join(root(), 'bin/az'), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  });
  after(() => emulator.stop());

  const run = (...argv: string[]) =>
    runCleanroomIn(
      {
        cwd: root(),
        env: { HOME: root(), PATH: `${join(root(), 'bin')}:${process.env['PATH'] ?? ''}` },
      },
      [...argv, '-f', 'contract.yaml', '--dataset', 'notes', '--json'],
    );

  it('is refused with exit 6 and what to do, and shows nothing of the token', async () => {
    later = 0;
    const fresh = await run('key', 'show');
    assert.match(fresh.stdout, /KEY_NOT_FOUND/, fresh.stdout + fresh.stderr);
    later = 2 * DAY_MS;
    for (const argv of [
      ['key', 'show'],
      ['key', 'lint'],
    ]) {
      const { code, stdout, stderr } = await run(...argv);
      const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
      assert.deepEqual([error.code, code], ['SERVICE_UNAUTHENTICATED', 6], stdout);
      assert.match(error.hint, /log in|login/i);
      assert.ok(!(stdout + stderr).includes(token.slice(-40)));
    }
  });
});
