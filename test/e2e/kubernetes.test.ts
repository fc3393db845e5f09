// A contract for pods on virtual nodes, through the commands: what `deploy --kubernetes` writes, and that nothing else is deployed.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { parse, stringify } from 'yaml';

import { encryptText } from '../../src/lib/attack-kit/stage/steps.js';
import { schemaProblems } from '../support/closed-schema.js';
import { openKubectl } from '../support/kubectl.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { writeSiteNotes } from '../support/site-notes.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const DOCUMENTS = 4;

interface ChangedJob {
  readonly metadata: { name: string };
  readonly spec: { readonly template: { readonly spec: { readonly containers: { command?: string[] }[] } } };
}

describe('a contract for pods on virtual nodes', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const before_ = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: PackedParties;

  before(async () => {
    parties = await startPackedParties(directory(), { kubernetes: true });
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.emulator.directory;
  });
  after(async () => {
    if (before_ === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = before_;
    await parties.stop();
  });

  const at = (name: string): string => join(parties.deal.terms.host.directory, name);
  const deploy = (...argv: readonly string[]) =>
    runCleanroomJson('deploy', '-f', at('contract.yaml'), '--profile', 'contoso', ...argv);
  const errorOf = async (...argv: readonly string[]): Promise<unknown> => {
    const { code, json } = await deploy(...argv);
    return [code, (json['error'] as { code: string }).code];
  };

  it('is deployed as container groups by nobody', async () => {
    assert.deepEqual(await errorOf(), [5, 'PLATFORM_NOT_AGREED']);
    assert.deepEqual(await errorOf('--kubernetes'), [2, 'USAGE']);
  });

  it('X7: becomes a Job that holds no secret, and a secret that only its owner can read', async () => {
    await encryptText(
      parties.stage,
      parties.deal.terms.owners[0]!,
      await writeSiteNotes(directory(), DOCUMENTS),
    );
    const shown = await runCleanroom(
      ...['deploy', '-f', at('contract.yaml'), '--profile', 'contoso', '--policy', at('policy.rego')],
      ...['--kubernetes', '--replicas', '3', '--out', at('job.yaml')],
    );
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /kubectl apply -f \S+job\.access\.yaml -f \S+job\.yaml/);
    assert.ok(!/sig=|skoid=/.test(shown.stdout + shown.stderr));
    const job = await readFile(at('job.yaml'), 'utf8');
    const access = await readFile(at('job.access.yaml'), 'utf8');
    assert.ok(!/sig=|skoid=/.test(job));
    assert.equal((await stat(at('job.access.yaml'))).mode & 0o777, 0o600);
    assert.deepEqual(schemaProblems(validateJob, parse(job) as object), []);
    assert.deepEqual(schemaProblems(validateSecret, parse(access) as object), []);
    const { spec } = parse(job) as { spec: { completions: number; template: { metadata: unknown } } };
    assert.equal(spec.completions, 3);
    const sent = JSON.stringify(spec.template.metadata);
    assert.ok(sent.includes(parties.deal.policy.base64));
  });

  it('I4: runs nothing that the policy does not admit: the denial stands in the pod’s events, and why reads it', async function () {
    const kubectl = await openKubectl(this, parties.emulator.kubeconfigPath, directory());
    const job = parse(await readFile(at('job.yaml'), 'utf8')) as ChangedJob;
    job.metadata.name = 'changed';
    job.spec.template.spec.containers[0]!.command = ['node', '/tmp/other.js'];
    await writeFile(at('changed.yaml'), stringify(job));
    const applied = await kubectl('apply', '-f', at('job.access.yaml'), '-f', at('changed.yaml'));
    assert.equal(applied.code, 0, applied.stderr);
    let events = '';
    while (!events.includes('policyDecision<'))
      events = (await kubectl('get', 'events', '--field-selector', 'reason=Failed')).stdout;
    assert.match(events, /pod\/changed-\d-\w+ /);
    await writeFile(at('events.txt'), events);
    const why = await runCleanroom('why', at('events.txt'), '--policy', at('policy.rego'));
    assert.match(why.stdout, /command/);
    const pods = await kubectl(
      'get',
      'pods',
      '-l',
      'job-name=changed',
      '-o',
      'jsonpath={.items[*].status.phase}',
    );
    assert.equal(pods.stdout, 'Pending Pending Pending');
    assert.equal((await kubectl('delete', '-f', at('changed.yaml'))).code, 0);
  });

  it('runs as pods that kubectl made, which give one result of all documents', async function () {
    const kubectl = await openKubectl(this, parties.emulator.kubeconfigPath, directory());
    const applied = await kubectl('apply', '-f', at('job.access.yaml'), '-f', at('job.yaml'));
    assert.equal(applied.code, 0, applied.stderr);
    const waited = await kubectl('wait', '--for=condition=complete', 'job/quarterly-notes', '--timeout=100s');
    assert.equal(waited.code, 0, waited.stderr);
    const { code, json } = await runCleanroomJson(
      ...['summary', '-f', at('contract.yaml'), '--policy', at('policy.rego'), '--profile', 'contoso'],
      ...['--identity', at('keys/contoso.result.jwk')],
    );
    assert.equal(code, 0, JSON.stringify(json));
    const { verdict, documents } = json['result'] as { verdict: { trust: string }; documents: unknown[] };
    assert.deepEqual([verdict.trust, documents.length], ['emulated', DOCUMENTS]);
  });

  it('is created by deploy --apply, seen, read, explained and removed as rooms are', async () => {
    const config = join(parties.emulator.directory, 'cleanroom.config.yaml');
    const profiles = parse(await readFile(config, 'utf8')) as { profiles: Record<string, object> };
    Object.assign(profiles.profiles['contoso']!, {
      kubernetes: { kubeconfig: parties.emulator.kubeconfigPath },
    });
    await writeFile(
      join(directory(), 'cleanroom.config.yaml'),
      stringify(profiles)
        .replaceAll(': tls-roots.pem', `: ${parties.emulator.tlsRootsPath}`)
        .replaceAll(': anchors.json', `: ${parties.emulator.anchorsPath}`)
        .replaceAll(': secrets/', `: ${parties.emulator.directory}/secrets/`),
    );
    const before = process.cwd();
    process.chdir(directory());
    try {
      await usePods();
    } finally {
      process.chdir(before);
    }
  });

  async function usePods(): Promise<void> {
    const there = await deploy('--kubernetes', '--replicas', '2', '--apply');
    assert.deepEqual(
      [there.code, (there.json['error'] as { code: string }).code],
      [2, 'CONFIRMATION_NEEDED'],
    );
    const command = (...argv: readonly string[]) => runCleanroomJson(...argv, '--profile', 'contoso');
    const part = await command('destroy', 'quarterly-notes-1', '--yes');
    assert.equal((part.json['error'] as { code: string }).code, 'USAGE');
    const destroyed = await command('destroy', 'quarterly-notes', '--yes');
    assert.equal(destroyed.code, 0, JSON.stringify(destroyed.json));
    const applied = await deploy('--kubernetes', '--replicas', '2', '--apply');
    assert.equal(applied.code, 0, JSON.stringify(applied.json));
    const { rooms } = applied.json['result'] as { rooms: { name: string; ccePolicy: string }[] };
    assert.deepEqual(
      rooms.map(({ name }) => name),
      ['quarterly-notes-0', 'quarterly-notes-1'],
    );
    const status = await command('status', 'quarterly-notes');
    assert.equal((status.json['result'] as { rooms: unknown[] }).rooms.length, 2);
    const logs = await command('logs', 'quarterly-notes-0', '--container', 'skr');
    assert.equal(logs.code, 0, JSON.stringify(logs.json));
    assert.equal((await command('why', 'quarterly-notes')).code, 0);
    assert.equal((await command('destroy', 'quarterly-notes', '--yes')).code, 0);
    assert.deepEqual((await command('list')).json['result'], { rooms: [] });
  }
});
