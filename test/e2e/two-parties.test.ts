// The tutorial, line by line, through the built program: two directories that share contract,
// policy, cards and consent, and the local Azure. The pages of instructions follow in this process, which measures its own
// program once for all of them. A canary sentence is then searched for wherever it must not be.

import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { holdsSecret, spellingsOf } from '../../src/lib/attack-kit/attacks/plaintext-search.js';
import { type ProcessRun, runProcess } from '../support/cleanroom-process.js';
import { commandLines, HOW_TO_PAGES, TUTORIAL } from '../support/documented-commands.js';
import { lendKeys } from '../support/local-azure.js';
import { type CommandRun, runCleanroomIn } from '../support/run-command.js';

const CANARY = 'The launch codeword is tangerine-9417-walrus.';
const BRIEF = `Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders from a database, computes the shortest routes, and shows them on a map.\n\n${CANARY} Do not share this brief outside Fabrikam before the announcement.\n`;

type PartyName = 'contoso' | 'fabrikam';

/** What parties hand each other; nothing else passes between their directories. */
const SHARED = /^(?:contract\.yaml|policy\.rego|.*\.party\.json|.*\.consent\.jws)$/;

describe('two parties, by the tutorial', function () {
  this.timeout(600_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-e2e-'));
  const home = join(root, 'home');
  const directories = { contoso: join(root, 'contoso'), fabrikam: join(root, 'fabrikam') };
  const emulator = join(root, 'emulator');
  const env = { HOME: home, CLEANROOM_EMULATOR_DIR: emulator, TMPDIR: join(root, 'tmp') };
  const output: string[] = [];
  const results = new Map<string, ProcessRun>();

  const runBuilt = async (party: PartyName, ...argv: string[]): Promise<ProcessRun> => {
    const done = await runProcess(argv, { cwd: directories[party], env });
    output.push(done.stdout, done.stderr);
    return done;
  };
  const run = async (party: PartyName, ...argv: string[]): Promise<CommandRun> => {
    const done = await runCleanroomIn({ cwd: directories[party], env }, argv);
    output.push(done.stdout, done.stderr);
    return done;
  };

  const handOver = (from: PartyName, to: PartyName): void => {
    for (const name of readdirSync(directories[from])) {
      if (SHARED.test(name)) cpSync(join(directories[from], name), join(directories[to], name));
    }
  };

  before(async () => {
    for (const directory of [home, env.TMPDIR, ...Object.values(directories)])
      mkdirSync(directory, { recursive: true });
    await lendKeys(home);
    writeFileSync(join(directories.fabrikam, 'notes.txt'), BRIEF);
    for (const { who, argv } of commandLines(TUTORIAL)) {
      const party = who === 'fabrikam' ? 'fabrikam' : 'contoso';
      const words = [...argv];
      if (words[0] === 'emulator') words.push('--dir', emulator);
      if (words[0] === 'verify')
        cpSync(join(emulator, 'anchors.json'), join(directories.contoso, 'anchors.json'));
      if (words[0] === 'destroy' || (words[0] === 'emulator' && words[1] === 'stop')) continue;
      const done = await runBuilt(party, ...words);
      assert.equal(done.code, 0, `cleanroom ${words.join(' ')}: ${done.stderr}${done.stdout.slice(0, 2000)}`);
      results.set(argv.slice(0, 2).join(' '), done);
      handOver(party, party === 'contoso' ? 'fabrikam' : 'contoso');
    }
  });

  after(async () => {
    await run('contoso', 'emulator', 'stop', '--dir', emulator);
    rmSync(root, { recursive: true, force: true });
  });

  it('gives Contoso a summary with a receipt that holds', () => {
    const { stdout } = results.get('summary -f')!;
    assert.match(stdout, /planning deliveries/);
    assert.match(stdout, /accepted .*trust: emulated/);
  });

  it('shows Contoso the summary in its browser, and writes nothing of it to disk', async () => {
    const browser = join(root, 'browser');
    writeFileSync(
      browser,
      `#!/usr/bin/env node\nfetch(process.argv[2]).then((a) => a.text()).then((t) => process.exit(t.includes('planning deliveries') ? 0 : 1));\n`,
    );
    chmodSync(browser, 0o700);
    const before = filesBelow(directories.contoso).length;
    const argv = [
      'summary',
      '-f',
      'contract.yaml',
      '--policy',
      'policy.rego',
      '--open',
      '--profile',
      'contoso',
    ];
    const done = await runProcess(argv, { cwd: directories.contoso, env: { ...env, BROWSER: browser } });
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /waiting for the browser at http:\/\/127\.0\.0\.1:/);
    assert.equal(filesBelow(directories.contoso).length, before);
  });

  it('names one fingerprint for the key: in key show, in the blob’s header, in the receipt and in the verdict', async () => {
    const asFabrikam = ['-f', 'contract.yaml', '--dataset', 'notes', '--profile', 'fabrikam'];
    const resultOf = async <T>(party: PartyName, ...argv: string[]): Promise<T> => {
      const { code, stdout, stderr } = await run(party, ...argv, '--json');
      assert.equal(code, 0, stderr + stdout);
      return (JSON.parse(stdout) as { result: T }).result;
    };
    const key = await resultOf<{ id: string; fingerprint: string }>('fabrikam', 'key', 'show', ...asFabrikam);
    const shown = await run('fabrikam', 'key', 'show', ...asFabrikam);
    assert.equal(/^ {2}fingerprint\s+(\S+)$/m.exec(shown.stdout)?.[1], key.fingerprint);
    const blob = await resultOf<{ recipients: { kid: string; jkt: string }[] }>(
      ...(['fabrikam', 'blob', 'inspect', ...asFabrikam] as const),
    );
    assert.deepEqual(
      blob.recipients.map(({ kid, jkt }) => [kid, jkt]),
      [[key.id, key.fingerprint]],
    );
    const { receipt, verdict } = await resultOf<{
      receipt: { inputs: { key: string; jkt: string }[] };
      verdict: { checks: { id: string; status: string; expected?: string; actual?: string }[] };
    }>('contoso', ...'summary --full -f contract.yaml --policy policy.rego --profile contoso'.split(' '));
    assert.deepEqual(
      receipt.inputs.map((input) => [input.key, input.jkt]),
      [[key.id, key.fingerprint]],
    );
    const check = verdict.checks.find(({ id }) => id === 'RECEIPT_JKT');
    assert.deepEqual(
      [check?.status, check?.expected, check?.actual],
      ['pass', key.fingerprint, key.fingerprint],
    );
  });

  it('gives anybody evidence that is accepted, named as emulated', () => {
    assert.match(results.get('verify room.evidence.json')!.stdout, /accepted[\s\S]*trust: emulated/);
    assert.ok(existsSync(join(directories.contoso, 'verdict.html')));
  });

  it('refuses that evidence where emulated trust is not allowed', async () => {
    const done = await run('contoso', 'verify', 'room.evidence.json', '-f', 'contract.yaml');
    assert.equal(done.code, 5);
  });

  it('changes nothing on a second encrypt of the same text, and nothing on a second deploy', async () => {
    const encrypted = await run(
      'fabrikam',
      'encrypt',
      'notes.txt',
      '-f',
      'contract.yaml',
      '--dataset',
      'notes',
      '--profile',
      'fabrikam',
      '--json',
    );
    assert.equal(
      (JSON.parse(encrypted.stdout) as { result: { outcome: string } }).result.outcome,
      'unchanged',
    );
    const deployed = await run(
      'contoso',
      'deploy',
      '-f',
      'contract.yaml',
      '--policy',
      'policy.rego',
      '--profile',
      'contoso',
      '--json',
    );
    assert.equal((JSON.parse(deployed.stdout) as { result: { action: string } }).result.action, 'none');
  });

  for (const page of HOW_TO_PAGES) {
    it(`runs every command line of ${page}`, async () => {
      for (const { who, argv } of commandLines(page)) {
        const party = who === 'fabrikam' ? 'fabrikam' : 'contoso';
        const done = await run(party, ...argv);
        assert.equal(
          done.code,
          0,
          `cleanroom ${argv.join(' ')}: ${done.stderr}${done.stdout.slice(0, 2000)}`,
        );
      }
    });
  }

  it('X7: leaves the canary nowhere but in the input file', () => {
    const files = filesBelow(root).filter((path) => path !== join(directories.fabrikam, 'notes.txt'));
    assert.deepEqual(
      files.filter((path) => holdsCanary(readFileSync(path))),
      [],
    );
    assert.ok(!holdsCanary(Buffer.from(output.join('\n'))), 'in what the commands printed');
  });

  it('finds a canary that was planted, in each spelling that is searched for', () => {
    for (const spelling of spellingsOf(CANARY))
      assert.ok(holdsCanary(Buffer.concat([Buffer.from('xx'), spelling, Buffer.from('yy')])));
  });

  it('removes only the room on destroy', async () => {
    const done = await run('contoso', 'destroy', 'quarterly-notes', '--yes', '--profile', 'contoso');
    assert.equal(done.code, 0, done.stderr);
    const rooms = await run('contoso', 'list', '--profile', 'contoso', '--json');
    assert.deepEqual((JSON.parse(rooms.stdout) as { result: { rooms: unknown[] } }).result.rooms, []);
  });
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter(
      (path) =>
        statSync(path, { throwIfNoEntry: false })?.isFile() === true && statSync(path).size < 50_000_000,
    );
}

function holdsCanary(haystack: Buffer): boolean {
  return holdsSecret(haystack, [CANARY]);
}
