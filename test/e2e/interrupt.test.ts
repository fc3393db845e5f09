// Ctrl-C at any phase: exit 130, and nothing left half-made: no process, no temporary file; what goes on elsewhere is said.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { copyKeysFromCache } from '../../src/lib/emulator/key-cache.js';
import { openStateStore } from '../../src/lib/emulator/state/state-store.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import {
  type InterruptedRun,
  type Interruption,
  processesNaming,
  runInterrupted,
} from '../support/interrupted-process.js';
import { KEY_CACHE, lendKeys } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const linux = process.platform === 'linux';

describe('Ctrl-C', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  let counter = 0;

  /* Every run has a home and a directory for temporary files of its own, by which its processes are known. */
  const home = (): { readonly directory: string; readonly env: Record<string, string> } => {
    counter += 1;
    const directory = join(root(), `run-${String(counter)}-home`);
    mkdirSync(join(directory, 'tmp'), { recursive: true });
    return { directory, env: { HOME: directory, TMPDIR: join(directory, 'tmp') } };
  };

  const assertCleanEnd = async (run: InterruptedRun, directory: string): Promise<void> => {
    assert.equal(run.code, 130, run.stderr);
    if (linux) assert.deepEqual(await processesNaming(directory), []);
    assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
  };

  describe('in demo', () => {
    for (const [phase, when] of [
      ['while its Azure starts', /starting a local Azure/],
      ['while the room works', /the room attests/],
      ['during the attacks', /trying to get at/],
    ] as const) {
      it(`${phase} leaves no process and no file`, async () => {
        const { directory, env } = home();
        await lendKeys(directory);
        const run = await runInterrupted(['demo', '--json'], { when, cwd: directory, env });
        await assertCleanEnd(run, directory);
        const { ok, error } = JSON.parse(run.stdout) as { ok: boolean; error: { code: string } };
        assert.deepEqual([ok, error.code], [false, 'INTERRUPTED']);
      });
    }

    it('twice ends at once, and still leaves no process and no file', async () => {
      const { directory, env } = home();
      await lendKeys(directory);
      const run = await runInterrupted(['demo'], {
        when: /the room attests/,
        times: 2,
        cwd: directory,
        env,
      });
      assert.match(run.stderr, /Ctrl-C again ends at once/);
      assert.ok(run.secondsToEnd < 5, `${String(run.secondsToEnd)} s`);
      await assertCleanEnd(run, directory);
    });
  });

  describe('in emulator start', () => {
    for (const times of [1, 2] as const) {
      it(`${times === 1 ? 'once' : 'twice'}: the emulator that was starting ends too`, async () => {
        const { directory, env } = home();
        const state = join(directory, 'azure');
        await copyKeysFromCache(KEY_CACHE, await openStateStore(join(state, 'state')));
        const run = await runInterrupted(['emulator', 'start', '--dir', state], {
          when: /starting the local Azure/,
          times,
          cwd: directory,
          env,
        });
        assert.equal(run.code, 130, run.stderr);
        if (linux) assert.deepEqual(await processesNaming(directory, 30_000), []);
      });
    }
  });

  describe('in image build', () => {
    it('leaves no archive, and no half of one', async () => {
      const { directory, env } = home();
      const argv = [
        'image',
        'build',
        '--local-only',
        '--out',
        join(directory, 's.tar'),
        '--model',
        'models/t5-demo',
      ];
      const run = await runInterrupted(argv, { when: /Building/, cwd: process.cwd(), env });
      await assertCleanEnd(run, directory);
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.startsWith('s.tar')),
        [],
      );
    });
  });

  describe('between parties', () => {
    let parties: AgreedParties;
    before(async () => {
      parties = await startAgreedParties(join(root(), 'parties'));
    });
    after(() => parties.stop());

    const at = (party: 'contoso' | 'fabrikam', interruption: Pick<Interruption, 'when'>) => {
      const { directory, env } = home();
      const { stage, workspace } = parties;
      return {
        directory,
        options: {
          ...interruption,
          cwd: workspace[party].directory,
          env: { ...env, CLEANROOM_EMULATOR_DIR: stage.emulatorDirectory, CLEANROOM_PROFILE: party },
        },
      };
    };

    it('in encrypt says what is kept of a half upload, and the next run goes on with it', async () => {
      const { fabrikam } = parties.workspace;
      // Two bytes a letter: long enough to be caught in the middle, and within what a room takes.
      const line = 'Фабрикам планирует доставку и считает маршруты. ';
      writeFileSync(join(fabrikam.directory, 'long.txt'), line.repeat(640_000));
      const argv = ['encrypt', 'long.txt', '-f', 'contract.yaml', '--dataset', 'notes'];
      const { directory, options } = at('fabrikam', { when: /uploading/ });
      const run = await runInterrupted(argv, options);
      await assertCleanEnd(run, directory);
      assert.match(run.stderr, /INTERRUPTED/);
      const again = await parties.fabrikam.result<{ outcome: string }>(...argv);
      assert.equal(again.outcome, 'created');
    });

    it('in encrypt before anything is sent leaves nothing to go on with but the key', async () => {
      const argv = ['encrypt', 'long.txt', '-f', 'contract.yaml', '--dataset', 'notes'];
      const { directory, options } = at('fabrikam', { when: /measuring/ });
      await assertCleanEnd(await runInterrupted(argv, options), directory);
    });

    it('in policy generate leaves no policy', async () => {
      const { contoso } = parties.workspace;
      const argv = ['policy', 'generate', '-f', 'contract.yaml', '--out', 'other.rego'];
      const { directory, options } = at('contoso', { when: /measuring|reading|image/i });
      await assertCleanEnd(await runInterrupted(argv, options), directory);
      assert.deepEqual(
        readdirSync(contoso.directory).filter((name) => name.startsWith('other.rego')),
        [],
      );
    });

    it('in deploy says that Azure goes on, and how to look and to remove', async () => {
      const { stage, workspace } = parties;
      const faults = [{ kind: 'provisioning-slow', seconds: 4 }];
      writeFileSync(join(stage.emulatorDirectory, 'faults.json'), JSON.stringify({ faults }));
      const argv = ['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego'];
      const { directory, options } = at('contoso', { when: /creating quarterly-notes/ });
      const run = await runInterrupted(argv, options);
      await assertCleanEnd(run, directory);
      assert.match(run.stderr, /cleanroom status quarterly-notes {3}Remove it: cleanroom destroy/);
      assert.ok(await (await workspace.contoso.services.rooms()).get('quarterly-notes'));
      writeFileSync(join(stage.emulatorDirectory, 'faults.json'), JSON.stringify({ faults: [] }));
    });

    it('in summary --wait ends the waiting', async () => {
      const argv = ['summary', '-f', 'contract.yaml', '--wait'];
      const { directory, options } = at('contoso', { when: /waiting for the result/ });
      const run = await runInterrupted(argv, options);
      await assertCleanEnd(run, directory);
      assert.ok(run.secondsToEnd < 10);
    });
  });
});
