// Two parties whose services take no login of the other's tenant, as in Azure: the room's application across tenants, and SAS
// handed over in files. The other way to the key is a token in a file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
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

import { credentialOf, KEY_CACHE } from '../support/local-azure.js';
import { type Person, personAt } from '../support/person.js';

const TEXT = `Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders from a database.
It computes the shortest routes and shows them on a map. Drivers see the planning deliveries. The plan is made anew each night.
Each of the depots keeps its own list of vehicles. A planner can change the order of stops by hand before the trucks leave.`;

/** What parties hand each other in the open. */
const SHARED = /^(?:contract\.yaml|policy\.rego|.*\.party\.json|.*\.consent\.jws)$/;

interface Party {
  readonly name: string;
  readonly tenantId: string;
  readonly vault: string;
  readonly roomApplication: string | null;
}

describe('two tenants', function () {
  this.timeout(120_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-tenants-'));
  const emulator = join(root, 'emulator');
  const home = join(root, 'home');
  const env = { HOME: home, CLEANROOM_EMULATOR_DIR: emulator };
  let endpoints: { authority: string };
  let parties: readonly Party[];

  /** The two parties in directories of their own, up to the sealed text; `release` goes to Fabrikam's init; the dataset's key and blob are its own. */
  const agree = async (
    name: string,
    dataset: string,
    release: readonly string[],
  ): Promise<{ contoso: Person; fabrikam: Person; from: string; to: string }> => {
    const [from, to] = [join(root, name, 'fabrikam'), join(root, name, 'contoso')];
    for (const directory of [from, to]) mkdirSync(directory, { recursive: true });
    const fabrikam = personAt(from, { ...env, CLEANROOM_PROFILE: 'fabrikam' });
    const contoso = personAt(to, { ...env, CLEANROOM_PROFILE: 'contoso' });
    const share = (): void => {
      for (const [here, there] of [
        [from, to],
        [to, from],
      ] as const)
        for (const file of readdirSync(here))
          if (SHARED.test(file)) cpSync(join(here, file), join(there, file));
    };
    writeFileSync(join(from, 'notes.txt'), TEXT);
    await fabrikam.result(
      'init',
      '--party',
      'fabrikam',
      '--role',
      'data-owner',
      '--dataset',
      dataset,
      ...release,
    );
    share();
    cpSync(join(root, 'summarizer.oci.tar'), join(to, 'summarizer.oci.tar'));
    await contoso.result(
      ...['init', '--party', 'contoso', '--role', 'host', '--role', 'recipient', '--name', name],
      ...['--with', 'fabrikam.party.json', '--summarizer', 'summarizer.oci.tar'],
    );
    await contoso.result('contract', 'sign', '-f', 'contract.yaml', '--party', 'contoso');
    await contoso.result('policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
    share();
    await fabrikam.result('contract', 'sign', '-f', 'contract.yaml', '--party', 'fabrikam');
    await fabrikam.result(
      'encrypt',
      'notes.txt',
      '-f',
      'contract.yaml',
      '--dataset',
      dataset,
      '--policy',
      'policy.rego',
    );
    share();
    for (const subject of [
      ['--dataset', dataset],
      ['--for', 'contract'],
      ['--budget', dataset],
    ]) {
      const out = `${subject.join('-').replace('--', '')}.sas`;
      await fabrikam.result('blob', 'sas', '-f', 'contract.yaml', ...subject, '--out', out, '--hours', '2');
      cpSync(join(from, out), join(to, out));
    }
    return { contoso, fabrikam, from, to };
  };

  const sasFiles = (dataset: string): readonly string[] =>
    [
      `DATASET_${dataset.toUpperCase()}=dataset-${dataset}`,
      `BUDGET_${dataset.toUpperCase()}=budget-${dataset}`,
      'CONTRACT=for-contract',
    ].flatMap((entry) => ['--parameter-file', `CLEANROOM_SAS_${entry}.sas`]);

  before(async () => {
    mkdirSync(home, { recursive: true });
    /* The keys of the emulated hardware are slow to make, and the same for all tests. */
    const keys = join(home, '.cache/cleanroom/emulator-keys');
    if (existsSync(KEY_CACHE)) cpSync(KEY_CACHE, keys, { recursive: true });
    const started = await personAt(root, env).result<{ endpoints: { authority: string }; parties: Party[] }>(
      ...['emulator', 'start', '--dir', emulator, '--strict-tenants'],
    );
    ({ endpoints, parties } = started);
    const contoso = personAt(root, { ...env, CLEANROOM_PROFILE: 'contoso' });
    await contoso.result('image', 'build', '--local-only', '--out', 'summarizer.oci.tar');
    await contoso.result('image', 'push', 'summarizer.oci.tar', 'cleanroom.local/summarizer:v1');
  });

  after(async () => {
    await personAt(root, env).run('emulator', 'stop', '--dir', emulator);
    rmSync(root, { recursive: true, force: true });
  });

  it('reach a summary by a room that logs in to the other tenant, and SAS in files', async () => {
    const application = parties.find(({ name }) => name === 'contoso')!.roomApplication!;
    const { contoso, from } = await agree('federated', 'notes', ['--release-login', application]);
    assert.match(readFileSync(join(from, 'contract.yaml'), 'utf8'), new RegExp(`clientId: ${application}`));
    assert.equal(statSync(join(from, 'dataset-notes.sas')).mode & 0o777, 0o600);

    const without = await contoso.run('deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', '--json');
    assert.equal(
      without.code,
      6,
      'the host has no rights in the other tenant and cannot make the SAS itself',
    );

    const deployed = await contoso.result<{ bindings: { kind: string }[] }>(
      ...['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', ...sasFiles('notes')],
    );
    assert.equal(deployed.bindings[0]?.kind, 'unread');
    const summary = await contoso.result<{ summary: string }>(
      ...['summary', '-f', 'contract.yaml', '--policy', 'policy.rego', '--wait'],
    );
    assert.match(summary.summary, /planning deliveries/);
    await contoso.result('destroy', 'federated', '--yes');
  });

  it('reach a summary with a token of the other tenant, handed over in a file', async () => {
    const { contoso, to } = await agree('handed', 'minutes', []);
    const fabrikam = parties.find(({ name }) => name === 'fabrikam')!;
    const credential = await credentialOf(
      {
        parties: parties.map((party) => ({
          ...party,
          secretFile: join(emulator, 'secrets', `${party.name}.secret`),
        })),
        endpoints,
        tlsRootsPath: join(emulator, 'tls-roots.pem'),
      } as unknown as Parameters<typeof credentialOf>[0],
      'fabrikam',
    );
    const token = await credential.getToken('https://managedhsm.azure.net/.default', {
      tenantId: fabrikam.tenantId,
    });
    writeFileSync(join(to, 'release.token'), token!.token, { mode: 0o600 });
    await contoso.result(
      ...['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', ...sasFiles('minutes')],
      ...['--parameter-file', 'CLEANROOM_ACCESS_TOKEN_MINUTES=release.token'],
    );
    const summary = await contoso.result<{ summary: string }>(
      ...['summary', '-f', 'contract.yaml', '--policy', 'policy.rego', '--wait'],
    );
    assert.match(summary.summary, /planning deliveries/);
    await contoso.result('destroy', 'handed', '--yes');
  });

  it('X7: leave neither SAS nor token in a process list or in what the emulator logs', () => {
    const log = readFileSync(join(emulator, 'emulator.log'), 'utf8');
    assert.doesNotMatch(log, /sig=|eyJ/);
    const listed = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
    assert.doesNotMatch(listed, /sig=[A-Za-z0-9%]{20}/);
  });
});
