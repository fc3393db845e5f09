// A room packed from a changed toolkit, under an honest contract: each command of the owner, and the host's deploy with an
// honest toolkit, refuses it by name before anything is made. Then the same room, named by whoever knows its layers.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { pushArchive } from '../../src/lib/attack-kit/stage/push-image.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { SILENT } from '../../src/lib/base/progress.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { buildImage } from '../../src/lib/images/build/build-image.js';
import { imageConfigOf, modelLayer, programLayers } from '../../src/lib/images/pack/pack-program.js';
import { writeOffer } from '../../src/lib/parties/agree/offer-and-reply.js';
import { signTransfer } from '../../src/lib/parties/agree/party-statement.js';
import { findConsents } from '../../src/lib/parties/consent-files.js';
import { partyKeyPath, readPartyKey } from '../../src/lib/parties/init-party.js';
import type { Environment } from '../../src/lib/ports/environment.js';
import { EXAMPLE_LIMITS } from '../support/contract.js';
import { startTestEmulator } from '../support/local-azure.js';
import { type Person, personAt } from '../support/person.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const MODEL = 'models/t5-demo';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly statements?: readonly string[];
}

describe('a room of a changed toolkit', function () {
  this.timeout(240_000);
  const root = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let contoso: Environment;
  let fabrikam: Environment;
  let owner: Person;
  let host: Person;
  let stage: Stage;
  let deal: Deal;
  let image: string;
  const at = (name: string): string => join(fabrikam.directory, name);

  before(async () => {
    emulator = await startTestEmulator(join(root(), 'emulator'));
    stage = {
      emulatorDirectory: emulator.directory,
      packageRoot: process.cwd(),
      cacheDirectory: join(root(), 'cache'),
      progress: SILENT,
      signal: new AbortController().signal,
    };
    contoso = await openParty(stage, 'contoso', join(root(), 'contoso'));
    fabrikam = await openParty(stage, 'fabrikam', join(root(), 'fabrikam'));
    image = await pushChanged(contoso);
    deal = await agree(stage, {
      name: 'quarterly-notes',
      host: contoso,
      owners: [{ environment: fabrikam, dataset: 'notes' }],
      summarizer: image,
      modelDirectory: MODEL,
      limits: { ...EXAMPLE_LIMITS, maxResults: 1 },
    });
    const variablesOf = (name: string) => ({
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: name,
    });
    owner = personAt(fabrikam.directory, variablesOf('fabrikam'));
    host = personAt(contoso.directory, variablesOf('contoso'));
    writeFileSync(
      at('notes.txt'),
      'Fabrikam Orchard plans deliveries. It reads orders and computes routes.\n',
    );
  });
  after(() => emulator.stop());

  /* The summarizer's own layers, with one statement more in one of its files. */
  async function pushChanged(as: Environment): Promise<string> {
    const layers = await programLayers(process.cwd(), 'summarizer', { kind: 'none' });
    const changed = layers.map(({ entries }) =>
      entries.map((entry) =>
        'source' in entry && entry.path.endsWith('/lib/summarizer/summarizer.js')
          ? { ...entry, source: Buffer.from(`${sourceOf()}\n// the whole text, if you please\n`) }
          : entry,
      ),
    );
    const out = join(root(), 'changed.tar');
    const { entrypoint, env, user, workingDir } = imageConfigOf('summarizer');
    await buildImage(
      { localOnly: true, layers: [await modelLayer(MODEL), ...changed], entrypoint, env, user, workingDir },
      out,
    );
    return pushArchive(as, out, 'summarizer');
  }

  /* The same files for everywhere, with no Node.js below them. */
  async function pushWithoutNode(as: Environment): Promise<string> {
    const layers = await programLayers(process.cwd(), 'summarizer', { kind: 'none' });
    const out = join(root(), 'no-node.tar');
    await buildImage({ ...imageConfigOf('summarizer'), layers: layers.map(({ entries }) => entries) }, out);
    return pushArchive(as, out, 'summarizer');
  }

  const sourceOf = (): string => readFileSync('dist/lib/summarizer/summarizer.js', 'utf8');

  const refutedOf = (stdout: string): readonly string[] => {
    const { result } = JSON.parse(stdout) as {
      result: { verdict: string; statements: { id: string; status: string }[] };
    };
    assert.equal(result.verdict, 'refused');
    return result.statements.filter(({ status }) => status === 'refuted').map(({ id }) => id);
  };

  async function refusal(
    who: Person,
    ...argv: readonly string[]
  ): Promise<Refusal & { exit: number | null }> {
    const { code, stdout } = await who.run(...argv, '--json');
    return { exit: code, ...(JSON.parse(stdout) as { error: Refusal }).error };
  }

  const keyIsThere = async (): Promise<boolean> => {
    const { vault, name } = deal.parsed.contract.datasets[0]!.key;
    return (await (await fabrikam.services.keyVault(vault)).get(name, null)) !== null;
  };

  for (const [who, command, argv] of [
    ['owner', 'encrypt', ['encrypt', 'notes.txt', '--dataset', 'notes', '-f', 'contract.yaml']],
    ['owner', 'key create', ['key', 'create', '--dataset', 'notes']],
    ['host', 'deploy', ['deploy', '--policy', 'policy.rego']],
  ] as const)
    it(`I19: is refused by ${command}, which names the summarizer and makes nothing`, async () => {
      const refused = await refusal({ owner, host }[who], ...argv);
      assert.deepEqual([refused.exit, refused.code], [5, 'STATEMENT_REFUTED'], refused.message);
      assert.deepEqual(refused.statements, ['PROGRAM']);
      assert.match(refused.message, /summarizer/);
      assert.equal(await keyIsThere(), false);
    });

  it('I19: is refused by verify-policy, as the one statement that is refuted', async () => {
    const { code, stdout } = await owner.run('verify-policy', '-f', 'contract.yaml', '--json');
    assert.equal(code, 5, stdout);
    assert.deepEqual(refutedOf(stdout), ['PROGRAM']);
    /* Other layers than the room's are no name for it. */
    const none = ['--trust-program', `sha256:${'1'.repeat(64)}`];
    const other = await owner.run('verify-policy', '-f', 'contract.yaml', ...none, '--json');
    assert.deepEqual([other.code, refutedOf(other.stdout)], [5, ['PROGRAM']]);
  });

  it('I19: is refused by accept before anything is signed, and by verify of the offer', async () => {
    const again = join(root(), 'again');
    for (const name of ['keys', 'fabrikam.party.json', 'notes.txt'])
      cpSync(at(name), join(again, name), { recursive: true });
    await host.result(
      ...['propose', join(contoso.directory, 'fabrikam.party.json'), '--name', 'quarterly-notes'],
      ...['--image', image, '--model', join(process.cwd(), MODEL), '--force', '--yes'],
    );
    cpSync(join(contoso.directory, 'quarterly-notes.cleanroom'), join(again, 'offer.cleanroom'));
    const person = personAt(again, {
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: 'fabrikam',
    });
    const refused = await refusal(person, 'accept', 'offer.cleanroom', 'notes.txt');
    assert.deepEqual([refused.exit, refused.code], [5, 'STATEMENT_REFUTED'], refused.message);
    assert.deepEqual(refused.statements, ['PROGRAM']);
    assert.equal(existsSync(join(again, 'contract.yaml')), false);
    const looked = await person.run('verify', 'offer.cleanroom', '--allow-emulated', '--json');
    assert.equal(looked.code, 5, looked.stdout);
    assert.deepEqual(refutedOf(looked.stdout), ['PROGRAM']);
  });

  it('I32: is refused by accept where the contract names it by layers, unless the owner names the same; her consent tells the others', async () => {
    const { layers } = await host.result<{ layers: { rootHash: string }[] }>(
      ...['image', 'inspect', join(root(), 'changed.tar')],
    );
    const digests = layers.slice(1).map(({ rootHash }) => `sha256:${rootHash}`);
    const named = digests.flatMap((digest) => ['--trust-program', digest]);
    await host.result(
      ...['propose', join(contoso.directory, 'fabrikam.party.json'), '--name', 'named', '--image', image],
      ...['--model', join(process.cwd(), MODEL), '--force', '--yes', ...named],
    );
    const there = join(root(), 'names');
    for (const name of ['keys', 'fabrikam.party.json', 'notes.txt'])
      cpSync(at(name), join(there, name), { recursive: true });
    cpSync(join(contoso.directory, 'named.cleanroom'), join(there, 'named.cleanroom'));
    const person = personAt(there, {
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: 'fabrikam',
    });
    for (const some of [[], named.slice(0, -2)]) {
      const refused = await refusal(person, 'accept', 'named.cleanroom', 'notes.txt', ...some);
      assert.deepEqual([refused.exit, refused.code], [5, 'STATEMENT_UNPROVEN'], refused.message);
      assert.deepEqual(refused.statements, ['PROGRAM']);
    }
    await person.result('accept', 'named.cleanroom', 'notes.txt', '--yes', ...named);
    /* Who has signed without naming it makes no key and seals nothing either. */
    const bare = join(root(), 'bare');
    for (const name of [
      ...['keys', 'fabrikam.party.json', 'notes.txt', 'contract.yaml', 'policy.rego'],
      'contract.contoso.consent.jws',
    ])
      cpSync(join(there, name), join(bare, name), { recursive: true });
    const unaware = personAt(bare, {
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: 'fabrikam',
    });
    await unaware.result('contract', 'sign', '-f', 'contract.yaml', '--yes');
    for (const argv of [
      ['encrypt', 'notes.txt', '--dataset', 'notes'],
      ['key', 'create', '--dataset', 'notes'],
    ]) {
      const refused = await refusal(unaware, ...argv);
      assert.deepEqual([refused.exit, refused.code], [5, 'STATEMENT_UNPROVEN'], refused.message);
      assert.deepEqual(refused.statements, ['PROGRAM']);
    }
    const { stdout } = await person.run('contract', 'show', '-f', 'contract.yaml');
    for (const digest of digests) assert.ok(stdout.includes(digest), stdout);
  });

  it('is not proposed, and nothing is signed, where its image has no Node.js to start it', async () => {
    const from = join(root(), 'proposed');
    cpSync(join(contoso.directory, 'keys'), join(from, 'keys'), { recursive: true });
    for (const name of ['contoso.party.json', 'fabrikam.party.json'])
      cpSync(join(contoso.directory, name), join(from, name));
    const person = personAt(from, {
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: 'contoso',
    });
    const unstartable = await pushWithoutNode(contoso);
    const refused = await refusal(
      person,
      ...['propose', 'fabrikam.party.json', '--name', 'no-node', '--image', unstartable, '--yes'],
    );
    assert.deepEqual([refused.exit, refused.code], [3, 'IMAGE_BASE_UNSUITABLE'], refused.message);
    assert.match(refused.message, /no program "node"/);
    assert.deepEqual(
      readdirSync(from).filter((name) => /no-node\.cleanroom$|contract\.yaml|policy\.rego/.test(name)),
      [],
    );
  });

  it('is accepted by nobody, and nothing is signed, where a host of another mind offers such an image', async () => {
    const offering = await openParty(stage, 'contoso', join(root(), 'unstartable/contoso'));
    const wary = await openParty(stage, 'fabrikam', join(root(), 'unstartable/fabrikam'));
    const { parsed, policy } = await agree(stage, {
      name: 'unstartable',
      host: offering,
      owners: [{ environment: wary, dataset: 'notes' }],
      summarizer: await pushWithoutNode(offering),
      modelDirectory: null,
      limits: { ...EXAMPLE_LIMITS, maxResults: 1 },
    });
    const keyOf = (use: 'contract' | 'transfer') =>
      readPartyKey(partyKeyPath(offering.directory, 'contoso', use));
    const transfer = await signTransfer(
      { v: 1, contract: parsed.digest, party: 'contoso', key: (await keyOf('transfer')).publicKey },
      await keyOf('contract'),
    );
    const contractPath = join(offering.directory, 'contract.yaml');
    const files = {
      parsed,
      contractText: readFileSync(contractPath, 'utf8'),
      policyText: policy.text,
      consents: await findConsents(contractPath),
    };
    await writeOffer(join(wary.directory, 'offer.cleanroom'), files, transfer);
    for (const name of readdirSync(wary.directory))
      if (name.startsWith('contract.') || name === 'policy.rego') rmSync(join(wary.directory, name));
    cpSync(at('notes.txt'), join(wary.directory, 'notes.txt'));
    const person = personAt(wary.directory, {
      HOME: join(root(), 'home'),
      CLEANROOM_EMULATOR_DIR: emulator.directory,
      CLEANROOM_PROFILE: 'fabrikam',
    });
    const refused = await refusal(person, 'accept', 'offer.cleanroom', 'notes.txt', '--yes');
    assert.deepEqual([refused.exit, refused.code], [3, 'IMAGE_BASE_UNSUITABLE'], refused.message);
    assert.equal(existsSync(join(wary.directory, 'contract.yaml')), false);
  });
});
