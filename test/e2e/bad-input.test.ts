// What people get wrong: a clear error, the right exit code, and nothing lost.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { copyKeysFromCache } from '../../src/lib/emulator/key-cache.js';
import { openStateStore } from '../../src/lib/emulator/state/state-store.js';
import { MAX_CHARACTERS, MAX_SOURCE_BYTES } from '../../src/lib/summarizer/size-limits.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { runProcess } from '../support/cleanroom-process.js';
import { KEY_CACHE, lendKeys } from '../support/local-azure.js';
import { type CommandRun, runCleanroomIn } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Failure {
  readonly ok: boolean;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

function failureOf({ stdout, stderr }: Pick<CommandRun, 'stdout' | 'stderr'>): Failure['error'] {
  assert.notEqual(stdout, '', stderr);
  const envelope = JSON.parse(stdout) as Failure;
  assert.equal(envelope.ok, false);
  assert.ok(envelope.error.message.length > 10 && envelope.error.hint.length > 5, stdout);
  return envelope.error;
}

describe('bad input', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const at = (name: string): string => join(root(), name);
  const surroundings = () => ({
    cwd: root(),
    env: { HOME: at('home'), TMPDIR: at('tmp'), CLEANROOM_EMULATOR_DIR: at('none') },
  });
  const alone = (...argv: string[]): Promise<CommandRun> =>
    runCleanroomIn(surroundings(), [...argv, '--json']);
  /** The emulator in the background is the built program, and is started by it. */
  const startEmulator = (directory: string) =>
    runProcess(['emulator', 'start', '--dir', directory, '--json'], surroundings());
  const refusal = async (...argv: string[]): Promise<readonly [number, string]> => {
    const run = await alone(...argv);
    return [run.code, failureOf(run).code];
  };

  before(async () => {
    for (const name of ['home', 'tmp']) mkdirSync(at(name));
    await lendKeys(at('home'));
    writeFileSync(at('empty.txt'), ' \n');
    writeFileSync(at('latin1.txt'), Buffer.from([0x46, 0xfc, 0x72]));
    writeFileSync(at('huge.txt'), Buffer.alloc(300_000_000, 'Fabrikam plans deliveries. '));
  });

  describe('for demo', () => {
    for (const [what, file, expected] of [
      ['a file that is missing', 'none.txt', 'FILE_NOT_FOUND'],
      ['a directory without a text', 'home', 'FILE_EMPTY'],
      ['a text of blanks', 'empty.txt', 'TEXT_EMPTY'],
      ['bytes that are not UTF-8', 'latin1.txt', 'TEXT_NOT_UTF8'],
      ['a text of 300 MB', 'huge.txt', 'FILE_TOO_LARGE'],
    ] as const) {
      it(`${what} is refused with exit 3 before anything is started`, async () => {
        assert.deepEqual(await refusal('demo', '--text', at(file)), [3, expected]);
      });
    }

    it('a directory to keep that is not empty is refused with exit 2', async () => {
      assert.deepEqual(await refusal('demo', '--keep', root()), [2, 'DIRECTORY_NOT_EMPTY']);
    });

    it('a flag that does not exist is refused with exit 2', async () => {
      assert.deepEqual(await refusal('demo', '--txt', 'x'), [2, 'USAGE']);
    });
  });

  describe('for contracts', () => {
    let valid = '';
    let parties: AgreedParties;
    before(async () => {
      parties = await startAgreedParties(at('parties'));
      valid = readFileSync(join(parties.workspace.contoso.directory, 'contract.yaml'), 'utf8');
    });
    after(() => parties.stop());

    const encrypt = (...argv: string[]): Promise<CommandRun> => parties.run(['encrypt', ...argv, '--json']);
    const here = (name: string): string => join(parties.workspace.fabrikam.directory, name);

    it('unknown keys and two parties of one id are refused with exit 3, and named', async () => {
      writeFileSync(at('unknown.yaml'), `${valid}\nextra: 1\n`);
      writeFileSync(at('twice.yaml'), valid.replaceAll('id: fabrikam', 'id: contoso'));
      for (const [file, said] of [
        ['unknown.yaml', /extra/],
        ['twice.yaml', /contoso/],
      ] as const) {
        const run = await alone('contract', 'show', '-f', at(file));
        assert.equal(run.code, 3, run.stdout);
        const { code, message } = failureOf(run);
        assert.equal(code, 'CONTRACT_INVALID');
        assert.match(message, said);
      }
    });

    it('a dataset that the contract does not have is refused with exit 2, and those it has are named', async () => {
      writeFileSync(here('notes.txt'), 'Fabrikam Orchard plans deliveries.\n');
      const run = await encrypt('notes.txt', '-f', 'contract.yaml', '--dataset', 'none');
      const { code, message } = failureOf(run);
      assert.deepEqual([run.code, code], [2, 'DATASET_UNKNOWN']);
      assert.match(message, /notes/);
    });

    for (const [what, file, expected] of [
      ['a file that is missing', 'none.txt', 'FILE_NOT_FOUND'],
      ['an empty text', 'empty.txt', 'TEXT_EMPTY'],
      ['bytes that are not UTF-8', 'latin1.txt', 'TEXT_NOT_UTF8'],
    ] as const) {
      it(`${what} is refused by encrypt with exit 3, and nothing is sent`, async () => {
        const run = await encrypt(at(file), '-f', 'contract.yaml', '--dataset', 'notes');
        assert.deepEqual([run.code, failureOf(run).code], [3, expected]);
      });
    }

    for (const [what, size, expected] of [
      ['300 MB', 300_000_000, 'FILE_TOO_LARGE'],
      ['more characters than the summarizer takes', MAX_CHARACTERS + 1, 'TEXT_TOO_LARGE'],
    ] as const) {
      it(`a text of ${what} is refused by encrypt with exit 3 before there is a key`, async () => {
        writeFileSync(at('long.txt'), Buffer.alloc(size, 'a'));
        const run = await encrypt(at('long.txt'), '-f', 'contract.yaml', '--dataset', 'notes');
        const { code, message } = failureOf(run);
        assert.deepEqual([run.code, code], [3, expected]);
        assert.match(
          message,
          new RegExp(`${expected === 'FILE_TOO_LARGE' ? MAX_SOURCE_BYTES : MAX_CHARACTERS} `),
        );
        const show = await parties.run([
          'key',
          'show',
          '-f',
          'contract.yaml',
          '--dataset',
          'notes',
          '--json',
        ]);
        assert.equal(failureOf(show).code, 'KEY_NOT_FOUND');
      });
    }

    it('the same 300 MB are sealed where no room is to take them', async () => {
      const { publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
      writeFileSync(at('own.pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
      const argv = ['encrypt', at('huge.txt'), '--to', at('own.pub.jwk'), '--out', at('huge.sealed')];
      const run = await runProcess(argv, surroundings());
      assert.equal(run.code, 0, run.stdout);
      rmSync(at('huge.sealed'));
    });

    it('a login that has expired or is wrong is refused with exit 6', async () => {
      const profile = parties.workspace.fabrikam.profile;
      const config = readFileSync(profile.source, 'utf8');
      const copy = at('expired');
      mkdirSync(copy);
      for (const name of ['tls-roots.pem', 'anchors.json'])
        cpSync(join(parties.stage.emulatorDirectory, name), join(copy, name));
      mkdirSync(join(copy, 'secrets'));
      writeFileSync(join(copy, 'secrets', 'fabrikam.secret'), 'expired');
      writeFileSync(join(copy, 'cleanroom.config.yaml'), config);
      for (const name of ['contract.yaml', 'policy.rego', 'keys', 'notes.txt'])
        cpSync(here(name), join(copy, name), { recursive: true });
      for (const party of ['contoso', 'fabrikam'])
        cpSync(here(`contract.${party}.consent.jws`), join(copy, `contract.${party}.consent.jws`));
      const run = await runCleanroomIn(
        { cwd: copy, env: { HOME: at('home'), CLEANROOM_EMULATOR_DIR: at('none') } },
        [...['key', 'show', '-f', 'contract.yaml', '--dataset', 'notes', '--profile', 'fabrikam', '--json']],
      );
      assert.deepEqual([run.code, failureOf(run).code], [6, 'LOGIN_FAILED']);
    });

    it('a second encrypt changes nothing for the same text, and says so for another', async () => {
      const outcome = async (): Promise<string> => {
        const run = await encrypt('notes.txt', '-f', 'contract.yaml', '--dataset', 'notes');
        return (JSON.parse(run.stdout) as { result: { outcome: string } }).result.outcome;
      };
      assert.equal(await outcome(), 'created');
      assert.equal(await outcome(), 'unchanged');
      writeFileSync(here('notes.txt'), 'Fabrikam Orchard plans other deliveries.\n');
      assert.equal(await outcome(), 'new-version');
    });

    it('services that do not answer are said so with exit 6', async () => {
      await parties.stop();
      // The profile is found in a copy: the emulator that wrote it is gone.
      const copy = at('gone');
      mkdirSync(copy);
      cpSync(parties.workspace.fabrikam.directory, copy, { recursive: true });
      for (const name of ['cleanroom.config.yaml', 'tls-roots.pem', 'anchors.json', 'secrets'])
        cpSync(join(parties.stage.emulatorDirectory, name), join(copy, name), { recursive: true });
      const run = await runCleanroomIn(
        { cwd: copy, env: { HOME: at('home'), CLEANROOM_EMULATOR_DIR: at('none') } },
        [...['key', 'show', '-f', 'contract.yaml', '--dataset', 'notes', '--profile', 'fabrikam', '--json']],
      );
      assert.equal(run.code, 6, run.stdout);
      assert.match(failureOf(run).code, /^(?:SERVICE_UNREACHABLE|LOGIN_FAILED)$/);
    });
  });

  describe('for the local Azure', () => {
    it('no emulator and no profile is refused with exit 2, and both ways on are named', async () => {
      const run = await alone('list');
      const { code, hint } = failureOf(run);
      assert.deepEqual([run.code, code], [2, 'NO_ENVIRONMENT']);
      assert.match(hint, /emulator start/);
      assert.deepEqual(await refusal('emulator', 'stop', '--dir', at('none')), [2, 'EMULATOR_NOT_RUNNING']);
    });

    it('a corrupt state directory is refused with exit 3, and nothing in it is changed', async () => {
      mkdirSync(at('corrupt/state'), { recursive: true });
      writeFileSync(at('corrupt/state/ports.json'), '{"half":');
      const start = await startEmulator(at('corrupt'));
      assert.deepEqual([start.code, failureOf(start).code], [3, 'EMULATOR_STATE_CORRUPT']);
      assert.equal(readFileSync(at('corrupt/state/ports.json'), 'utf8'), '{"half":');
    });

    it('a port that somebody else took is refused with exit 6, and named', async () => {
      const directory = at('ports');
      await copyKeysFromCache(KEY_CACHE, await openStateStore(join(directory, 'state')));
      const started = await startEmulator(directory);
      assert.equal(started.code, 0, started.stdout);
      assert.equal((await alone('emulator', 'stop', '--dir', directory)).code, 0);
      const ports = JSON.parse(readFileSync(join(directory, 'state/ports.json'), 'utf8')) as {
        readonly identity: number;
      };
      const taker = createServer().listen(ports.identity, '127.0.0.1');
      await once(taker, 'listening');
      const run = await startEmulator(directory);
      taker.close();
      const { code, message } = failureOf(run);
      assert.deepEqual([run.code, code], [6, 'EMULATOR_PORT_TAKEN']);
      assert.ok(message.includes(String(ports.identity)));
    });

    it('an installation without azurite is told what installs it, with exit 2', () => {
      // A copy of the program beside everything that it needs but azurite.
      const copy = at('without');
      mkdirSync(copy);
      for (const name of ['bin', 'dist', 'models', 'templates', 'package.json', 'oclif.manifest.json'])
        cpSync(name, join(copy, name), { recursive: true });
      mkdirSync(join(copy, 'node_modules'));
      for (const name of readdirSync('node_modules'))
        if (name !== 'azurite')
          symlinkSync(join(process.cwd(), 'node_modules', name), join(copy, 'node_modules', name));
      const done = spawnSync(process.execPath, [join(copy, 'bin/run.js'), 'demo', '--json'], {
        cwd: root(),
        env: { PATH: process.env['PATH'] ?? '', HOME: at('home'), TMPDIR: at('tmp') },
        encoding: 'utf8',
      });
      const { code, hint } = failureOf(done);
      assert.deepEqual([done.status, code], [2, 'OPTIONAL_PACKAGE_MISSING']);
      assert.match(hint, /npm/);
      rmSync(copy, { recursive: true });
    });
  });
});
