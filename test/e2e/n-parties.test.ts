// More than two parties, through the built program: two data owners, a model owner with a secret model, a host, and a
// recipient who is none of these; each with a directory, an identity and a tenant of its own.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { parseContract } from '../../src/lib/contract/parse.js';
import type { Contract } from '../../src/lib/contract/schema.js';
import { initParty } from '../../src/lib/parties/init-party.js';
import { EXAMPLE_LIMITS } from '../support/contract.js';
import { commandLines, N_PARTIES_PAGE } from '../support/documented-commands.js';
import { type ProcessRun } from '../support/cleanroom-process.js';
import { type Person, personAt, personWithProcesses } from '../support/person.js';

const PARTIES = ['contoso', 'fabrikam', 'tailspin', 'wingtip', 'northwind'] as const;
type PartyName = (typeof PARTIES)[number];

const NOTES =
  'Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders from a database, computes the shortest routes, and shows them on a map. Drivers see their stops on the telephone, and the office sees where each van is. The marmalade clause stays between us.';
const MINUTES =
  'The team met on Monday and looked at the plan for the spring. Two vans will be bought, and the warehouse moves to the harbour in April. Tailspin keeps the gooseberry figure to itself.';

/* What parties hand each other. */
const SHARED = /^(?!cleanroom\.config).*\.(?:consent\.jws|head\.jws|party\.json|rego|log|yaml)$/;

describe('five parties, one room', function () {
  this.timeout(600_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-n-'));
  const emulator = join(root, 'emulator');
  const env = { HOME: join(root, 'home'), CLEANROOM_EMULATOR_DIR: emulator, TMPDIR: join(root, 'tmp') };
  const at = (party: PartyName, name: string): string => join(root, party, name);
  const output: string[] = [];
  const executed = new Set<string>();
  /* Sealing a model takes threads, which want the built program. */
  const people = new Map<PartyName, Person>(
    PARTIES.map((party) => {
      const person = party === 'wingtip' ? personWithProcesses : personAt;
      return [party, person(join(root, party), { ...env, CLEANROOM_PROFILE: party })];
    }),
  );

  const run = async (party: PartyName, ...argv: string[]): Promise<ProcessRun> => {
    const done = await people.get(party)!.run(...argv);
    output.push(done.stdout, done.stderr);
    return done;
  };
  const must = async (party: PartyName, ...argv: string[]): Promise<ProcessRun> => {
    const done = await run(party, ...argv);
    executed.add(argv.join(' '));
    assert.equal(
      done.code,
      0,
      `${party}: cleanroom ${argv.join(' ')}: ${done.stderr}${done.stdout.slice(0, 1500)}`,
    );
    return done;
  };
  /** Everything that may be shared goes from one directory to all others. */
  const share = (from: PartyName): void => {
    for (const name of readdirSync(join(root, from)).filter((candidate) => SHARED.test(candidate)))
      for (const to of PARTIES) if (to !== from) cpSync(at(from, name), at(to, name));
  };

  before(async () => {
    for (const directory of [env.HOME, env.TMPDIR, ...PARTIES.map((party) => join(root, party))])
      mkdirSync(directory, { recursive: true });
    writeFileSync(at('fabrikam', 'notes.txt'), NOTES);
    writeFileSync(at('tailspin', 'minutes.txt'), MINUTES);
    await must(
      'contoso',
      'emulator',
      'start',
      '--dir',
      emulator,
      ...PARTIES.flatMap((party) => ['--party', party]),
    );
    await must('fabrikam', 'init', '--party', 'fabrikam', '--role', 'data-owner', '--dataset', 'notes');
    await must('tailspin', 'init', '--party', 'tailspin', '--role', 'data-owner', '--dataset', 'minutes');
    for (const family of ['t5', 'bart'])
      cpSync(`models/${family}-demo`, at('wingtip', join('house', family)), { recursive: true });
    await must(
      'wingtip',
      'init',
      '--party',
      'wingtip',
      '--role',
      'model-owner',
      '--model-dataset',
      'house-model',
      '--model',
      'house',
    );
    await must('northwind', 'init', '--party', 'northwind', '--role', 'recipient');
    for (const party of PARTIES) share(party);
    await must('contoso', 'image', 'build', '--local-only', '--out', 'summarizer.oci.tar');
    await must('contoso', 'image', 'push', 'summarizer.oci.tar', 'cleanroom.local/summarizer:v1');
    const cards = PARTIES.filter((party) => party !== 'contoso').flatMap((party) => [
      '--with',
      `${party}.party.json`,
    ]);
    const limits = [
      '--max-share',
      '0.9',
      '--max-copied-words',
      '40',
      '--max-copied-share',
      '1',
      '--max-results',
      '3',
    ];
    const image = ['--summarizer', 'summarizer.oci.tar'];
    await must('contoso', 'init', '--party', 'contoso', '--role', 'host', ...cards, ...image, ...limits);
    await must('contoso', 'policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
    await must('contoso', 'contract', 'sign', '--log', 'audit.log');
    share('contoso');
  });

  after(async () => {
    await run('contoso', 'emulator', 'stop', '--dir', emulator);
    rmSync(root, { recursive: true, force: true });
  });

  it('gives each party a directory, an identity, a tenant, a subscription and a vault of its own', () => {
    const { profiles } = parse(readFileSync(join(emulator, 'cleanroom.config.yaml'), 'utf8')) as {
      profiles: Record<
        string,
        { tenant: string; subscription: string; vault: string; credential: { clientId: string } }
      >;
    };
    const own = PARTIES.map((party) => profiles[party]!);
    for (const of of [
      own.map(({ tenant }) => tenant),
      own.map(({ credential }) => credential.clientId),
      own.map(({ subscription }) => subscription),
      own.map(({ vault }) => vault),
      PARTIES.map((party) => join(root, party)),
    ])
      assert.equal(new Set(of).size, PARTIES.length, of.join());
  });

  it('writes a valid contract for any number of parties, auditors among them', async () => {
    const crowd = join(root, 'crowd');
    mkdirSync(crowd);
    const roles = ['data-owner', 'auditor', 'recipient'] as const;
    const cards: string[] = [];
    for (let index = 0; index < 60; index++) {
      const role = roles[index % roles.length]!;
      const { cardPath } = await initParty({
        directory: crowd,
        id: `party-${index}`,
        roles: [role],
        datasets: role === 'data-owner' ? [{ id: `text-${index}`, kind: 'text' }] : [],
        vault: 'fabrikam-hsm.managedhsm.azure.net',
        storageAccount: 'https://fabrikamdata.blob.core.windows.net',
        models: [],
        contractKey: null,
        releaseLogin: null,
      });
      cards.push(cardPath);
    }
    const host = personAt(crowd, { ...env, CLEANROOM_PROFILE: 'contoso' });
    const image = ['--summarizer', at('contoso', 'summarizer.oci.tar')];
    const own = ['--party', 'contoso', '--role', 'host', '--role', 'auditor'];
    await host.result('init', ...own, ...image, ...cards.flatMap((card) => ['--with', card]));
    const { contract } = parseContract(readFileSync(join(crowd, 'contract.yaml'), 'utf8'));
    assert.deepEqual([contract.parties.length, contract.datasets.length], [61, 20]);
    assert.equal(contract.summary.recipients.length, 20);
    const { code, stdout } = await host.run('contract', 'verify', '-f', 'contract.yaml');
    assert.equal(code, 5);
    assert.match(stdout, /refused {2}0 of 61 signatures/);
  });

  it('N1: makes no key and seals nothing while one party has not signed', async () => {
    for (const party of ['fabrikam', 'wingtip', 'northwind'] as const) {
      await must(party, 'contract', 'sign');
      share(party);
    }
    const created = await run('fabrikam', 'key', 'create', '--dataset', 'notes', '--json');
    const sealed = await run(
      'fabrikam',
      'encrypt',
      'notes.txt',
      '-f',
      'contract.yaml',
      '--dataset',
      'notes',
      '--json',
    );
    const deployed = await run(
      'contoso',
      'deploy',
      '-f',
      'contract.yaml',
      '--policy',
      'policy.rego',
      '--json',
    );
    for (const { code, stdout } of [created, sealed, deployed]) {
      assert.equal(code, 5, stdout);
      assert.equal(codeOf(stdout), 'CONSENT_MISSING');
    }
    const { stdout } = await run('northwind', 'contract', 'verify', '-f', 'contract.yaml');
    assert.match(stdout, /refused {2}4 of 5 signatures[\s\S]*tailspin has not signed/);
  });

  it('gives the outside recipient the summary of both owners’ text by the secret chain of T5 and BART, and its receipt', async () => {
    await must('tailspin', 'contract', 'sign');
    share('tailspin');
    await must('contoso', 'contract', 'verify', '-f', 'contract.yaml');
    const bound = ['-f', 'contract.yaml', '--policy', 'policy.rego'];
    await must('fabrikam', 'encrypt', 'notes.txt', ...bound, '--dataset', 'notes', '--log', 'fabrikam.log');
    await must('tailspin', 'encrypt', 'minutes.txt', ...bound, '--dataset', 'minutes');
    await must('wingtip', 'encrypt', 'house', ...bound, '--dataset', 'house-model');
    const dry = await run('tailspin', 'why', '--dry-run', ...bound, '--json');
    const { releases } = (
      JSON.parse(dry.stdout) as { result: { releases: { dataset: string; outcome: string }[] } }
    ).result;
    assert.equal(releases.find(({ dataset }) => dataset === 'minutes')?.outcome, 'released');
    await must('contoso', 'deploy', ...bound, '--log', 'audit.log');
    const { stdout } = await must('northwind', 'summary', ...bound, '--json');
    const { result: summary } = JSON.parse(stdout) as {
      result: { summary: string; method: string; verdict: { verdict: string; trust: string } };
    };
    assert.equal(summary.method, 't5-bart');
    assert.ok(summary.summary.split(/\s+/).length >= 5, summary.summary);
    assert.deepEqual([summary.verdict.verdict, summary.verdict.trust], ['accepted', 'emulated']);
  });

  it('lets nobody but the recipient open the result: not the host, not an owner', async () => {
    const own = ['--identity', 'keys/fabrikam.result.jwk'];
    for (const [party, identity, expected] of [
      ['contoso', [], 'NOT_A_RECIPIENT'],
      ['fabrikam', [], 'NOT_A_RECIPIENT'],
      ['fabrikam', own, 'SEALED_RESULT_REJECTED'],
    ] as const) {
      const { code, stdout } = await run(
        party,
        'summary',
        '-f',
        'contract.yaml',
        '--policy',
        'policy.rego',
        ...identity,
        '--json',
      );
      assert.equal(code, 5);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, expected);
      assert.doesNotMatch(stdout, /"summary":/);
    }
  });

  it('puts the log’s proofs, the service’s keys and what it runs into the evidence, where anybody’s verify checks them', async () => {
    const { maa } = JSON.parse(readFileSync(join(emulator, 'anchors.json'), 'utf8')) as {
      maa: { jwks: object }[];
    };
    writeFileSync(at('contoso', 'certs.json'), JSON.stringify(maa[0]!.jwks));
    const statements = ['attestation-service.cose', 'managed-hsm.cose'].map((name) => join(emulator, name));
    await must(
      'contoso',
      'attest',
      'quarterly-notes',
      '-f',
      'contract.yaml',
      '--log',
      'audit.log',
      '--jwks',
      'certs.json',
      ...statements.flatMap((path) => ['--statement', path]),
      '--out',
      'room.evidence.json',
    );
    const bundle = JSON.parse(readFileSync(at('contoso', 'room.evidence.json'), 'utf8')) as {
      jwks: object;
      statements: string[];
    };
    assert.deepEqual(bundle.jwks, maa[0]!.jwks);
    assert.deepEqual(
      bundle.statements,
      statements.map((path) => readFileSync(path).toString('base64')),
    );
    cpSync(at('contoso', 'room.evidence.json'), at('tailspin', 'room.evidence.json'));
    const anchors = ['--anchors', join(emulator, 'anchors.json'), '--allow-emulated'];
    const verdict = await people.get('tailspin')!.result<{
      verdict: string;
      checks: { id: string; status: string }[];
      statements: { id: string; text: string }[];
    }>('verify', 'room.evidence.json', '-f', 'contract.yaml', ...anchors, '--require', 'LOG_PROOF,SERVICE_ATTESTED,SERVICE_RELEASE,HSM_RELEASE');
    assert.equal(verdict.verdict, 'accepted');
    assert.equal(verdict.checks.find(({ id }) => id === 'LOG_PROOF')?.status, 'pass');
    const service = verdict.statements.find(({ id }) => id === 'SERVICE');
    assert.match(service?.text ?? '', /An emulated ledger contains the policy that it runs under\.$/);
    const alone = await people
      .get('tailspin')!
      .result<{ verdict: string; scope: string }>('verify', '--statement', statements[0]!, ...anchors);
    assert.deepEqual([alone.verdict, alone.scope], ['accepted', 'release']);
    share('contoso');
    await must(
      'northwind',
      'log',
      'verify',
      'audit.log',
      '--head',
      'audit.log.head.jws',
      '-f',
      'contract.yaml',
    );
  });

  it('N2: does not release another owner’s key to a room that the host and one owner agreed on', async () => {
    const contract = parse(readFileSync(at('contoso', 'contract.yaml'), 'utf8')) as Contract;
    const isolating = {
      ...contract,
      name: 'isolated-notes',
      datasets: contract.datasets.filter(({ owner }) => owner === 'tailspin'),
      model: { method: 'extractive' },
      summary: {
        ...contract.summary,
        limits: { ...contract.summary.limits, maxShareOfSource: 1 },
        extractiveLimits: { ...EXAMPLE_LIMITS, maxCopiedWords: 10_000, maxShareOfSource: 1 },
      },
      consent: { threshold: 2 },
    };
    for (const party of ['contoso', 'fabrikam'] as const) {
      writeFileSync(at(party, 'isolated.yaml'), stringify(isolating));
      await must(party, 'contract', 'sign', '-f', 'isolated.yaml');
    }
    cpSync(at('fabrikam', 'isolated.fabrikam.consent.jws'), at('contoso', 'isolated.fabrikam.consent.jws'));
    await must('contoso', 'contract', 'verify', '-f', 'isolated.yaml');
    await must('contoso', 'policy', 'generate', '-f', 'isolated.yaml', '--out', 'isolated.rego');
    cpSync(at('contoso', 'isolated.rego'), at('tailspin', 'isolated.rego'));
    cpSync(at('contoso', 'isolated.yaml'), at('tailspin', 'isolated.yaml'));
    const bound = ['-f', 'isolated.yaml', '--policy', 'isolated.rego'];
    const dry = await run('tailspin', 'why', '--dry-run', ...bound, '--json');
    assert.equal(dry.code, 5, dry.stdout);
    assert.match(dry.stdout, /"x-ms-sevsnpvm-hostdata"[^}]*"holds":\s*false/);
  });

  it('II4: names the party that signed two versions of one contract', async () => {
    const other = parse(readFileSync(at('fabrikam', 'contract.yaml'), 'utf8')) as Contract;
    other.summary.limits.maxResults += 1;
    writeFileSync(at('fabrikam', 'other.yaml'), stringify(other));
    await must('fabrikam', 'contract', 'sign', '-f', 'other.yaml');
    cpSync(at('fabrikam', 'other.fabrikam.consent.jws'), at('contoso', 'contract.fabrikam-2.consent.jws'));
    const { code, stdout } = await run('contoso', 'contract', 'verify', '-f', 'contract.yaml');
    assert.equal(code, 5);
    assert.match(stdout, /CONSENT_EQUIVOCATION +fabrikam has signed two versions/);
    rmSync(at('contoso', 'contract.fabrikam-2.consent.jws'));
  });

  it('II5: an owner that revokes cannot deny the run: the receipt names its key, the log its tombstone', async () => {
    const revoked = [
      'key',
      'revoke',
      '-f',
      'contract.yaml',
      '--dataset',
      'notes',
      '--yes',
      '--log',
      'fabrikam.log',
    ];
    await must('fabrikam', ...revoked, '--out', 'notes.revoked.jws');
    await must('fabrikam', 'log', 'verify', 'fabrikam.log', '-f', 'contract.yaml');
    await must('fabrikam', 'log', 'prove', 'fabrikam.log', 'notes.revoked.jws');
    const evidence = JSON.parse(readFileSync(at('contoso', 'room.evidence.json'), 'utf8')) as {
      receipts: string[];
    };
    const receipt = JSON.parse(Buffer.from(evidence.receipts[0]!.split('.')[1]!, 'base64url').toString()) as {
      inputs: { owner: string; key: string }[];
    };
    const input = receipt.inputs.find(({ owner }) => owner === 'fabrikam');
    assert.match(input?.key ?? '', /\/keys\/cleanroom-notes\/[0-9a-f]{32}$/);
  });

  describe('N2: a room that host and one owner made to isolate the other owner’s text', () => {
    const NAME = 'isolate-minutes';
    const inside = (party: PartyName, name = ''): string => join(root, party, NAME, name);
    const there = new Map<PartyName, Person>();
    const their = async (party: PartyName, ...argv: string[]): Promise<void> => {
      const done = await there.get(party)!.run(...argv);
      output.push(done.stdout, done.stderr);
      assert.equal(done.code, 0, `${party}: cleanroom ${argv.join(' ')}: ${done.stderr}${done.stdout}`);
    };
    const parties = ['contoso', 'fabrikam', 'tailspin', 'northwind'] as const;
    const hand = (from: PartyName): void => {
      for (const file of readdirSync(inside(from)).filter((name) => SHARED.test(name)))
        for (const to of parties) if (to !== from) cpSync(inside(from, file), inside(to, file));
    };
    const seal = (party: PartyName, dataset: string): Promise<void> =>
      their(
        party,
        ...[
          'encrypt',
          `${dataset}.txt`,
          '-f',
          'contract.yaml',
          '--policy',
          'policy.rego',
          '--dataset',
          dataset,
        ],
      );
    /** What the room ends with. */
    const runRoom = async (): Promise<string> => {
      await their('contoso', 'deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', '--yes');
      for (let tries = 0; tries < 60; tries++) {
        const { report } = await there
          .get('contoso')!
          .result<{ report: { state: string; code: string | null } | null }>('status', NAME);
        if (report !== null && ['done', 'refused', 'failed'].includes(report.state)) {
          await their('contoso', 'destroy', NAME, '--yes');
          return report.code ?? report.state;
        }
        await new Promise((done) => setTimeout(done, 500));
      }
      return 'did not end';
    };

    before(async () => {
      for (const party of parties) {
        mkdirSync(inside(party), { recursive: true });
        there.set(party, personAt(inside(party), { ...env, CLEANROOM_PROFILE: party }));
      }
      const own = ['--role', 'data-owner', '--dataset'];
      await their('fabrikam', 'init', '--party', 'fabrikam', ...own, 'filler');
      await their('tailspin', 'init', '--party', 'tailspin', ...own, 'secrets');
      await their('northwind', 'init', '--party', 'northwind', '--role', 'recipient');
      for (const party of parties) hand(party);
      await their(
        'contoso',
        ...['init', '--party', 'contoso', '--role', 'host', '--name', NAME, '--max-results', '1'],
        ...['--max-copied-words', '4', '--summarizer', at('contoso', 'summarizer.oci.tar')],
        ...['fabrikam', 'tailspin', 'northwind'].flatMap((party) => ['--with', `${party}.party.json`]),
      );
      await their('contoso', 'policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
      hand('contoso');
      for (const party of parties) {
        await their(party, 'contract', 'sign');
        hand(party);
      }
      // Whatever comes out beside a text of no content is the other owner's.
      writeFileSync(inside('fabrikam', 'filler.txt'), 'It is. It was. It will be.\n');
      writeFileSync(inside('tailspin', 'secrets.txt'), MINUTES);
      await seal('fabrikam', 'filler');
      await seal('tailspin', 'secrets');
    });

    it('is refused by the limits, delivers nothing, and the refusal spends the budget', async () => {
      assert.equal(await runRoom(), 'NO_RESULT');
      const told = await there.get('tailspin')!.result<{ diagnoses: { code: string }[] }>('why');
      assert.equal(told.diagnoses[0]?.code, 'LIMIT_REFUSED');
      const { code, stdout } = await there
        .get('northwind')!
        .run('summary', '-f', 'contract.yaml', '--policy', 'policy.rego', '--json');
      assert.notEqual(code, 0);
      assert.doesNotMatch(stdout, /"summary":/);
      // Her own toolkit says so before it seals; what a room says to whoever goes round it is the attack N2/isolate.
      writeFileSync(inside('fabrikam', 'filler.txt'), 'It will be. It is. It was.\n');
      const again = await there
        .get('fabrikam')!
        .run(
          'encrypt',
          'filler.txt',
          '-f',
          'contract.yaml',
          '--policy',
          'policy.rego',
          '--dataset',
          'filler',
          '--json',
        );
      assert.equal((JSON.parse(again.stdout) as { error: { code: string } }).error.code, 'CONTRACT_USED_UP');
    });
  });

  it('asks no signature of the only party of a contract: it makes key, blob and room at once', async () => {
    const solo = personAt(join(root, 'solo'), { ...env, CLEANROOM_PROFILE: 'contoso' });
    mkdirSync(join(root, 'solo'));
    writeFileSync(join(root, 'solo', 'own.txt'), MINUTES);
    const roles = ['host', 'data-owner', 'recipient', 'auditor'].flatMap((role) => ['--role', role]);
    const image = ['--summarizer', at('contoso', 'summarizer.oci.tar')];
    const own = ['--party', 'contoso', ...roles, '--dataset', 'own', '--name', 'own-notes'];
    await solo.result('init', ...own, ...image, '--max-copied-words', '60', '--max-share', '1');
    await solo.result('policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
    const bound = ['-f', 'contract.yaml', '--policy', 'policy.rego'];
    assert.equal((await solo.run('contract', 'verify', '-f', 'contract.yaml')).code, 5);
    await solo.result('key', 'create', '-f', 'contract.yaml', '--dataset', 'own');
    const early = await solo.run('deploy', ...bound, '--json');
    assert.deepEqual([early.code, /"BLOB_MISSING"/.test(early.stdout)], [6, true], early.stdout);
    assert.equal((await solo.run('status', 'own-notes')).code, 2, 'nothing was made');
    await solo.result('encrypt', 'own.txt', ...bound, '--dataset', 'own');
    await solo.result('deploy', ...bound);
    const { summary } = await solo.result<{ summary: string }>('summary', ...bound, '--wait');
    assert.ok(summary.length > 0);
  });

  it('has run every command line of its page', () => {
    const lines = commandLines(N_PARTIES_PAGE).map(({ argv }) => argv.join(' '));
    assert.deepEqual(
      lines.filter((line) => !executed.has(line)),
      [],
    );
  });

  it('X7: leaves no owner’s text in what the others hold or what was printed', () => {
    const secrets = ['marmalade clause', 'gooseberry figure'];
    for (const party of ['contoso', 'northwind', 'wingtip'] as const)
      for (const name of readdirSync(join(root, party), { recursive: true, encoding: 'utf8' })) {
        const file = join(root, party, name);
        const bytes = isFile(file) ? readFileSync(file) : Buffer.alloc(0);
        for (const secret of secrets) assert.ok(!bytes.includes(secret), `${secret} in ${file}`);
      }
    for (const secret of secrets) assert.ok(!output.join('\n').includes(secret));
  });
});

function codeOf(stdout: string): string | undefined {
  return (JSON.parse(stdout) as { error?: { code: string } }).error?.code;
}

function isFile(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
