// The first hour, as the table of README.md has it: two parties, one file each way.

import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MEMBERS, PATH_WORDS } from '../../src/lib/azure/recording/allow-list.js';
import { readRecordings } from '../peers/recordings/read-recordings.js';
import { replayRecordings } from '../peers/recordings/replay.js';
import { lendKeys } from '../support/local-azure.js';
import { type CleanFile, readCleanFile, writeCleanFile } from '../../src/lib/parties/agree/clean-file.js';
import { runInterrupted } from '../support/interrupted-process.js';
import { personAt } from '../support/person.js';

interface Refusal {
  readonly exit: number | null;
  readonly code: string;
  readonly message: string;
}

/* Who runs which command, and the file that goes to the other party. */
const ROW = /^\| (Fabrikam|Contoso|an auditor) \| `cleanroom ([^`]+)` \| (?:`([^`]+)`[^|]*)?\|$/gm;

describe('init, propose, accept, deploy, summary', function () {
  this.timeout(120_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-verbs-'));
  const home = join(root, 'home');
  const recorded = join(root, 'recorded');
  const env = {
    HOME: home,
    CLEANROOM_EMULATOR_DIR: join(root, 'emulator'),
    CLEANROOM_RECORD: recorded,
  };
  const inside = (party: string, ...names: string[]): string => join(root, party, ...names);
  const contoso = personAt(inside('contoso'), env);
  const fabrikam = personAt(inside('fabrikam'), env);
  const hand = (from: string, to: string, file: string): void => cpSync(inside(from, file), inside(to, file));

  before(async () => {
    for (const party of ['contoso', 'fabrikam', 'home']) mkdirSync(inside(party), { recursive: true });
    /* The keys of the emulated hardware are slow to make, and the same for all tests. */
    await lendKeys(home);
    await personAt(root, env).result('emulator', 'start', '--dir', join(root, 'emulator'));
    cpSync('templates/demo/brief.txt', inside('fabrikam', 'notes.txt'));
  });
  after(async () => {
    await personAt(root, env).run('emulator', 'stop', '--dir', join(root, 'emulator'));
    rmSync(root, { recursive: true, force: true });
  });

  it('run as README.md writes them, and end in a summary that the host may read, and in a verdict that says emulated', async () => {
    const steps = readFileSync('README.md', 'utf8').matchAll(ROW);
    const results: Record<string, unknown>[] = [];
    for (const [, who, words = '', file] of steps) {
      const [here, there] =
        who === 'Fabrikam' ? (['fabrikam', 'contoso'] as const) : (['contoso', 'fabrikam'] as const);
      if (words.startsWith('deploy')) await lookBeforeDeploying();
      results.push(await { fabrikam, contoso }[here].result(...words.split(' ')));
      if (file !== undefined) hand(here, there, file);
    }
    assert.equal(results.length, 6);
    const [{ summary, verdict } = {}, audited] = results.slice(-2);
    assert.match(String(summary), /\bOrchard\b|\bbakeries\b/);
    assert.deepEqual(
      (verdict as { checks: unknown[] }).checks,
      [],
      'those that failed; all of them with --full',
    );
    for (const found of [verdict as Record<string, unknown>, audited ?? {}])
      assert.deepEqual([found['verdict'], found['trust']], ['accepted', 'emulated']);
  });

  /* A directory of the party's own with nothing but what init wrote, and what the other party gave it. */
  function startAgain(party: 'contoso' | 'fabrikam', name: string, given: string): string {
    mkdirSync(inside(name));
    for (const file of ['keys', `${party}.party.json`, `${party}.cleanroom`, 'cleanroom.config.yaml', given])
      cpSync(inside(party, file), inside(name, file), { recursive: true });
    return inside(name);
  }

  /* What cannot change is not waited for, and what a room cannot use is not sent. */
  async function lookBeforeDeploying(): Promise<void> {
    const early = await contoso.run('summary', '--json');
    assert.deepEqual([early.code, /there is no room of this contract/.test(early.stdout)], [6, true]);
    const other = await contoso.run(
      ...['deploy', 'reply.cleanroom', '--what-if', '--json'],
      ...['--parameter-file', 'CLEANROOM_SAS_OTHER=contract.yaml'],
    );
    assert.match(other.stdout, /the room has no variable CLEANROOM_SAS_OTHER/);
  }

  it('hand over an offer and a reply that an auditor can verify, and that lack proof without a part of them', async () => {
    const verify = async (
      file: string,
      ...flags: string[]
    ): Promise<{ exit: number | null; verdict: string; demanded: string[] }> => {
      const { code, stdout } = await contoso.run('verify', file, ...flags, '--json');
      const { result } = JSON.parse(stdout) as {
        result: { verdict: string; statements: { id: string; demanded: boolean; status: string }[] };
      };
      const demanded = result.statements.filter((one) => one.demanded && one.status === 'proven');
      return { exit: code, verdict: result.verdict, demanded: demanded.map(({ id }) => id) };
    };
    const before = ['PROGRAM', 'CONTRACT', 'CONSENT'];
    assert.deepEqual(await verify('quarterly-notes.cleanroom', '--allow-emulated', '-f', 'contract.yaml'), {
      exit: 0,
      verdict: 'accepted',
      demanded: before,
    });
    assert.deepEqual(await verify('reply.cleanroom', '--allow-emulated'), {
      exit: 0,
      verdict: 'accepted',
      demanded: [...before, 'KEYS'],
    });
    assert.deepEqual((await verify('reply.cleanroom')).exit, 5);
    const { texts } = await readCleanFile(inside('contoso', 'reply.cleanroom'), 'reply');
    await writeCleanFile(inside('contoso', 'short.cleanroom'), {
      kind: 'reply',
      texts: { ...texts, 'seals.jws': '' },
    });
    const short = await verify('short.cleanroom', '--allow-emulated');
    assert.deepEqual([short.exit, short.verdict], [5, 'unproven']);
    const refused = await contoso.run('verify', 'reply.cleanroom', '--nonce', 'abc', '--json');
    assert.deepEqual([refused.code, /--nonce is for evidence of a room/.test(refused.stdout)], [2, true]);
    rmSync(inside('contoso', 'short.cleanroom'));
  });

  it('leave a room that status watches to its end, and that why explains by name', async () => {
    const watched = await contoso.run('status', '--watch', '--json');
    assert.match(watched.stderr, /quarterly-notes: done/);
    const { diagnoses } = await contoso.result<{ diagnoses: { what: string; why: string[] }[] }>(
      ...['why', 'quarterly-notes'],
    );
    assert.equal(diagnoses[0]?.what, 'Container group quarterly-notes is Running.');
    assert.doesNotMatch(diagnoses[0].why.join(' '), /not started/);
    const full = await contoso.result<{ verdict: { checks: unknown[] } }>('summary', '--full');
    assert.ok(full.verdict.checks.length > 100);
    const { stdout } = await contoso.run('attest', '-f', 'contract.yaml');
    const next = /next: an auditor verifies it with cleanroom (.+)/.exec(stdout)?.[1] ?? '';
    assert.equal((await contoso.run(...next.split(' '))).code, 0, stdout);
  });

  it('X7: hand over no text and no private key', () => {
    const sentence = readFileSync(inside('fabrikam', 'notes.txt'), 'utf8').slice(0, 40);
    for (const file of readdirSync(inside('contoso')).filter((name) => /\w\.cleanroom$/.test(name))) {
      const bytes = readFileSync(inside('contoso', file));
      assert.ok(!bytes.includes(sentence) && !bytes.includes('"d":'), file);
    }
  });

  it('X7: under CLEANROOM_RECORD leave exchanges that hold no secret, name or text, and that the local Azure answers again', async () => {
    const recordings = readRecordings(recorded);
    const services = new Set(recordings.map(({ exchange }) => exchange.service));
    assert.deepEqual([...services].toSorted(), [
      'blob-storage',
      'managed-hsm',
      'resource-manager',
      'token-endpoint',
    ]);
    const text = readdirSync(recorded)
      .map((name) => readFileSync(join(recorded, name), 'utf8'))
      .join('');
    assert.deepEqual(
      wordsOfParties().filter((word) => text.includes(word)),
      [],
    );
    assert.doesNotMatch(text, /eyJ|127\.0\.0\.|sig=/);
    const { questions, agreed, disagreed } = await replayRecordings(recorded, join(root, 'replay'));
    assert.deepEqual([disagreed, agreed], [[], questions]);
  });

  /* Everything that a party has or was told: logins, ids, SAS, keys, names of its vaults, its text. */
  function wordsOfParties(): readonly string[] {
    const files = [root, inside('fabrikam'), inside('contoso'), join(root, 'emulator')].flatMap((directory) =>
      readdirSync(directory, { recursive: directory !== root, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(?:tar|lock|log)$/.test(entry.name))
        .filter(({ parentPath }) => !/registry|layers|azurite/.test(parentPath))
        .map(({ parentPath, name }) => join(parentPath, name)),
    );
    const words = files.flatMap((file) => readFileSync(file, 'utf8').match(/[A-Za-z0-9+/_%=-]{20,}/g) ?? []);
    const known = new Set([...MEMBERS, ...PATH_WORDS, 'CAP_NET_BIND_SERVICE', 'application/octet-stream']);
    return [...new Set(words)].filter((word) => !known.has(word) && !/^[a-z]+$/.test(word));
  }

  describe('an offer that a host changed after it was signed', () => {
    const again = personAt(inside('again'), env);
    let good: CleanFile<'offer'>;

    before(async () => {
      startAgain('fabrikam', 'again', 'notes.txt');
      good = await readCleanFile(inside('fabrikam', 'quarterly-notes.cleanroom'), 'offer');
    });

    async function refusal(
      texts: Partial<CleanFile<'offer'>['texts']>,
      text = 'notes.txt',
    ): Promise<Refusal> {
      await writeCleanFile(inside('again', 'offer.cleanroom'), {
        kind: 'offer',
        texts: { ...good.texts, ...texts },
      });
      const { code, stdout } = await again.run('accept', 'offer.cleanroom', text, '--json');
      assert.ok(!existsSync(inside('again', 'contract.yaml')), 'nothing is signed');
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
      return { exit: code, ...error };
    }

    const policy = (): string => good.texts['policy.rego'];
    const CHANGES: readonly (readonly [string, RegExp, () => Partial<CleanFile<'offer'>['texts']>])[] = [
      [
        'I32: another layer in the policy',
        /^POLICY.*layer/,
        () => ({ 'policy.rego': policy().replace(/"layers":\["[0-9a-f]{8}/, '"layers":["00000000') }),
      ],
      [
        'I6: another rule for the environment',
        /^POLICY.*NODE_OPTIONS/,
        () => ({
          'policy.rego': policy().replace(
            '"env_rules":[',
            '"env_rules":[{"pattern":"^NODE_OPTIONS=.+$","required":false,"strategy":"re2"},',
          ),
        }),
      ],
      [
        'I21: a policy for another contract',
        /^POLICY.*CLEANROOM_CONTRACT_DIGEST/,
        () => ({ 'policy.rego': policy().replace(/(CLEANROOM_CONTRACT_DIGEST=)[0-9a-f]{8}/, '$100000000') }),
      ],
      ['N4: no signature of the host', /^CONSENT/, () => ({ 'consents.jws': '' })],
    ];
    for (const [what, statement, change] of CHANGES)
      it(`is refused with ${what}, and nothing is signed`, async () => {
        const texts = change();
        assert.notDeepEqual({ ...good.texts, ...texts }, good.texts);
        const { exit, code, message } = await refusal(texts);
        assert.deepEqual([exit, code], [5, 'STATEMENT_REFUTED'], message);
        assert.match(message, statement);
      });

    it('is not signed over a text that the room would refuse, or that is not there', async () => {
      writeFileSync(inside('again', 'picture.txt'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]));
      assert.equal((await refusal({}, 'picture.txt')).code, 'TEXT_BINARY');
      assert.equal((await refusal({}, 'absent.txt')).code, 'FILE_NOT_FOUND');
    });
  });

  it('I13: refuse an offer of which one byte is another', async () => {
    const bytes = readFileSync(inside('fabrikam', 'quarterly-notes.cleanroom'));
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(inside('fabrikam', 'changed.cleanroom'), bytes);
    const { code, stdout } = await fabrikam.run('accept', 'changed.cleanroom', 'notes.txt', '--json');
    assert.ok(code === 3 || code === 5, stdout);
  });

  it('leave an owner’s card as it is where she proposes to herself, and say who runs propose', async () => {
    const card = readFileSync(inside('fabrikam', 'fabrikam.cleanroom'));
    const { code, stdout } = await fabrikam.run('propose', 'fabrikam.cleanroom', '--force', '--json');
    assert.equal(code, 3, stdout);
    assert.match(stdout, /"PARTY_CARD_INVALID".*the host, who runs cleanroom propose fabrikam\.cleanroom/s);
    assert.deepEqual(readFileSync(inside('fabrikam', 'fabrikam.cleanroom')), card);
  });

  it('tell at each step who runs the command, and which verb makes or takes the file', async () => {
    for (const [person, argv, told] of [
      [fabrikam, 'deploy reply.cleanroom', /"NOT_THE_HOST".*contoso, who runs: cleanroom deploy reply\.cl/s],
      [fabrikam, 'status', /"ROOM_NOT_FOUND".*run by contoso/s],
      [contoso, 'propose absent.cleanroom --force', /"FILE_NOT_FOUND".*cleanroom init/s],
      [contoso, 'accept absent.cleanroom notes.txt', /"FILE_NOT_FOUND".*cleanroom propose CARD/s],
      [contoso, 'deploy absent.cleanroom', /"FILE_NOT_FOUND".*cleanroom accept OFFER TEXT/s],
      [
        contoso,
        'accept fabrikam.cleanroom n.txt',
        /"CLEANROOM_FILE_OTHER".*A card goes to cleanroom propose/s,
      ],
    ] as const) {
      const { code, stdout } = await person.run(...argv.split(' '), '--json');
      assert.notEqual(code, 0);
      assert.match(stdout, told);
    }
  });

  it('refuse a profile of another party than the directory is of', async () => {
    const { code, stdout } = await fabrikam.run('summary', '--profile', 'contoso', '--json');
    assert.notEqual(code, 0);
    assert.match(stdout, /"PROFILE_OF_ANOTHER_PARTY"/);
  });

  it('leave the host the host where it runs init again, and refuse cards of which no contract comes', async () => {
    const directory = startAgain('contoso', 'again-host', 'fabrikam.cleanroom');
    const host = personAt(directory, env);
    const card = readFileSync(join(directory, 'contoso.party.json'));
    assert.deepEqual((await host.result<{ roles: string[] }>('init')).roles, ['host', 'recipient']);
    assert.deepEqual(readFileSync(join(directory, 'contoso.party.json')), card);
    cpSync(join(directory, 'fabrikam.cleanroom'), join(directory, 'second.cleanroom'));
    const refused = async (...cards: string[]): Promise<string> =>
      (await host.run('propose', ...cards, '--json')).stdout;
    assert.match(
      await refused('fabrikam.cleanroom', 'second.cleanroom'),
      /fabrikam\.cleanroom and second\.cleanroom are both the card of fabrikam/,
    );
    await host.result('init', '--role', 'host');
    assert.match(
      await refused('fabrikam.cleanroom'),
      /none of these parties reads the summary.*cleanroom init --role host --role recipient/s,
    );
    const other = await host.run('init', '--party', 'tailspin', '--json');
    assert.match(other.stdout, /"PROFILE_OF_ANOTHER_PARTY"/);
    assert.ok(!existsSync(join(directory, 'keys', 'tailspin.contract.jwk')));
  });

  it('interrupted, propose signs nothing and leaves its directory as it was, and accept says that it has signed', async () => {
    const host = startAgain('contoso', 'interrupted-host', 'fabrikam.cleanroom');
    const before = readdirSync(host);
    const proposed = await runInterrupted(['propose', 'fabrikam.cleanroom'], {
      when: /measuring image/,
      cwd: host,
      env,
    });
    assert.deepEqual([proposed.code, /nothing is signed/.test(proposed.stderr)], [130, true]);
    assert.deepEqual(
      readdirSync(host).filter((name) => name !== '.cleanroom'),
      before,
    );
    const owner = startAgain('fabrikam', 'interrupted-owner', 'quarterly-notes.cleanroom');
    writeFileSync(join(owner, 'notes.txt'), 'Orchard sells. '.repeat(400_000));
    const argv = ['accept', 'quarterly-notes.cleanroom', 'notes.txt'];
    const accepted = await runInterrupted(argv, { when: /\nreading the text/, cwd: owner, env });
    assert.equal(accepted.code, 130);
    assert.match(accepted.stderr, /the contract is signed in this directory; there is no reply yet/);
    assert.ok(!existsSync(join(owner, 'reply.cleanroom')));
  });
});
