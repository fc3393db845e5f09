// The daily path for pods on virtual nodes, through the commands: propose --kubernetes, accept, deploy --apply, attest, summary,
// destroy; and once through kubectl, as GitOps does it.

import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BatchV1Api, CoreV1Api, KubeConfig, type V1Job } from '@kubernetes/client-node';
import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { parse, stringify } from 'yaml';

import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { openParty } from '../../src/lib/attack-kit/stage/stage.js';
import { blobClient } from '../../src/lib/azure/blob-store.js';
import { POLICY_ANNOTATION } from '../../src/lib/cce-policy/generate/pod.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { readContract } from '../../src/lib/parties/environment.js';
import { schemaProblems } from '../support/closed-schema.js';
import { openKubectl } from '../support/kubectl.js';
import { ROOMS, startTestEmulator } from '../support/local-azure.js';
import { type Person, personAt } from '../support/person.js';
import { writeSiteNotes } from '../support/site-notes.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const NAME = 'quarterly-notes';
const DOCUMENTS = 4;
const namespace = 'default';
const LIMITS = [
  ...['--max-characters', '12000', '--max-share', '1', '--max-copied-words', '10000'],
  ...['--max-copied-share', '1', '--max-results', '2'],
];

interface ChangedJob {
  readonly metadata: { name: string };
  readonly spec: {
    completions: number;
    parallelism: number;
    readonly template: {
      readonly metadata: { readonly annotations: Record<string, string> };
      readonly spec: { readonly containers: { command?: string[] }[] };
    };
  };
}

interface Judged {
  readonly error?: { readonly code: string };
  readonly result?: {
    readonly verdict: {
      readonly verdict: string;
      readonly trust: string;
      readonly statements: readonly { readonly status: string; readonly checks: readonly string[] }[];
    };
    readonly documents?: readonly unknown[];
  };
}

describe('a contract for pods on virtual nodes', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let contoso: Person;
  let fabrikam: Person;
  let batch: BatchV1Api;
  let core: CoreV1Api;

  before(async () => {
    emulator = await startTestEmulator(join(directory(), 'emulator'), { rooms: ROOMS });
    const env = { HOME: join(directory(), 'home'), CLEANROOM_EMULATOR_DIR: emulator.directory };
    for (const each of ['contoso', 'fabrikam', 'home']) await mkdir(join(directory(), each));
    contoso = personAt(join(directory(), 'contoso'), env);
    fabrikam = personAt(join(directory(), 'fabrikam'), env);
    const config = new KubeConfig();
    config.loadFromFile(emulator.kubeconfigPath);
    [batch, core] = [config.makeApiClient(BatchV1Api), config.makeApiClient(CoreV1Api)];
    await fabrikam.result('init');
    await hand('fabrikam', 'contoso', 'fabrikam.cleanroom');
    await contoso.result('propose', 'fabrikam.cleanroom', '--kubernetes', '--extractive', ...LIMITS);
    await hand('contoso', 'fabrikam', `${NAME}.cleanroom`);
  });
  after(() => emulator.stop());

  const at = (name: string): string => join(directory(), 'contoso', name);
  const hand = (from: string, to: string, name: string): Promise<void> =>
    cp(join(directory(), from, name), join(directory(), to, name));
  const judged = async (...argv: string[]): Promise<Judged & { readonly code: number }> => {
    const { code, stdout } = await contoso.run(...argv, '--json');
    return { code, ...(JSON.parse(stdout) as Judged) };
  };
  const errorOf = async (...argv: string[]): Promise<unknown> => {
    const { code, error } = await judged(...argv);
    return [code, error?.code];
  };
  const jobOf = async (): Promise<ChangedJob> => parse(await readFile(at('job.yaml'), 'utf8')) as ChangedJob;

  it('N4: is deployed by nobody while one party has signed for two', async () => {
    const here = ['deploy', '-f', 'contract.yaml', '--kubernetes', '--replicas', '2'];
    const deployed = async (): Promise<readonly unknown[]> => [
      await errorOf(...here, '--apply'),
      await errorOf(...here, '--out', 'job.yaml'),
    ];
    const missing = [5, 'CONSENT_MISSING'];
    assert.deepEqual(await deployed(), [missing, missing]);
    await cp(at('contract.contoso.consent.jws'), at('contract.fabrikam.consent.jws'));
    assert.deepEqual(await deployed(), [missing, missing]);
    await rm(at('contract.fabrikam.consent.jws'));
    await assert.rejects(stat(at('job.yaml')), { code: 'ENOENT' });
    assert.deepEqual((await batch.listNamespacedJob({ namespace })).items, []);
  });

  it('is accepted with its text, and deployed as container groups by nobody', async () => {
    const notes = await writeSiteNotes(join(directory(), 'fabrikam'), DOCUMENTS);
    await fabrikam.result('accept', `${NAME}.cleanroom`, notes);
    await hand('fabrikam', 'contoso', 'reply.cleanroom');
    assert.deepEqual(await errorOf('deploy', 'reply.cleanroom'), [5, 'PLATFORM_NOT_AGREED']);
    assert.deepEqual(await errorOf('deploy', 'reply.cleanroom', '--kubernetes'), [2, 'USAGE']);
  });

  it('X7: becomes a Job that holds no secret, and a secret that only its owner can read', async () => {
    const shown = await contoso.run(
      ...['deploy', 'reply.cleanroom', '--kubernetes', '--replicas', '3', '--out', 'job.yaml'],
    );
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /kubectl apply -f \S*job\.access\.yaml -f \S*job\.yaml/);
    assert.ok(!/sig=|skoid=/.test(shown.stdout + shown.stderr));
    const job = await readFile(at('job.yaml'), 'utf8');
    assert.match(job, /^# Needs Kubernetes 1\.29 or newer/);
    const access = await readFile(at('job.access.yaml'), 'utf8');
    assert.ok(!/sig=|skoid=/.test(job));
    assert.equal((await stat(at('job.access.yaml'))).mode & 0o777, 0o600);
    assert.deepEqual(schemaProblems(validateJob, parse(job) as object), []);
    assert.deepEqual(schemaProblems(validateSecret, parse(access) as object), []);
    const { spec } = await jobOf();
    assert.equal(spec.completions, 3);
    const policy = Buffer.from(spec.template.metadata.annotations[POLICY_ANNOTATION]!, 'base64');
    assert.equal(policy.toString(), await readFile(at('policy.rego'), 'utf8'));
  });

  it('I4: is attested pod by pod, and no pod whose policy the host has changed passes for one of them', async () => {
    /* The rooms wait for the text, and can be asked as long as they do. */
    const owner = await openParty({ emulatorDirectory: emulator.directory }, 'fabrikam', at('../fabrikam'));
    const { contract } = await readContract(undefined, owner.directory);
    const text = await blobClient(await connectionOf(owner), contract.datasets[0]!.blob);
    const sealed = await text.downloadToBuffer();
    await text.delete({ deleteSnapshots: 'include' });
    await core.createNamespacedSecret({
      namespace,
      body: parse(await readFile(at('job.access.yaml'), 'utf8')) as object,
    });
    const verdictOf = async (room: string) => judged('attest', room, '-f', 'contract.yaml');
    await started({});
    for (const room of [`${NAME}-0`, `${NAME}-2`]) {
      const { code, result } = await verdictOf(room);
      assert.deepEqual(
        [code, result?.verdict.verdict, result?.verdict.trust],
        [0, 'accepted', 'emulated'],
        room,
      );
    }
    await contoso.result('destroy', NAME, '--yes');
    await core.createNamespacedSecret({
      namespace,
      body: parse(await readFile(at('job.access.yaml'), 'utf8')) as object,
    });
    await started({
      policy: (text) => text.replace('^CLEANROOM_SHARDS=[0-9]{1,5}$', '^CLEANROOM_SHARDS=.*$'),
    });
    const { code, result } = await verdictOf(`${NAME}-0`);
    assert.deepEqual([code, result?.verdict.verdict], [5, 'refused']);
    const refuted = result!.verdict.statements.filter(({ status }) => status === 'refuted');
    assert.ok(refuted.some(({ checks }) => checks.includes('PROGRAM_KNOWN')));
    const agreed = ['-f', 'contract.yaml', '--policy', 'policy.rego', '--room', `${NAME}-0`];
    assert.equal((await contoso.run('verify-policy', ...agreed)).code, 5);
    await contoso.result('destroy', NAME, '--yes');
    await text.upload(sealed, sealed.length);
  });

  /* The Job as job.yaml has it but for its policy, made by the host itself; resolves when all of its rooms answer. */
  async function started({ policy = (text) => text }: { policy?: (text: string) => string }): Promise<void> {
    const job = await jobOf();
    const { annotations } = job.spec.template.metadata;
    const text = Buffer.from(annotations[POLICY_ANNOTATION]!, 'base64').toString();
    annotations[POLICY_ANNOTATION] = Buffer.from(policy(text)).toString('base64');
    await batch.createNamespacedJob({ namespace, body: job as unknown as V1Job });
    for (;;) {
      const { rooms } = await contoso.result<{ rooms: { report: object | null }[] }>('status', NAME);
      if (rooms.every(({ report }) => report !== null)) return;
    }
  }

  it('gives one result of all documents through deploy --apply, and is seen, read, explained and removed as rooms are', async () => {
    const apply = ['deploy', 'reply.cleanroom', '--kubernetes', '--replicas', '2', '--apply'];
    const { rooms } = await contoso.result<{ rooms: { name: string }[] }>(...apply);
    assert.deepEqual(
      rooms.map(({ name }) => name),
      [`${NAME}-0`, `${NAME}-1`],
    );
    assert.deepEqual(await errorOf(...apply), [2, 'CONFIRMATION_NEEDED']);
    assert.deepEqual(await errorOf('destroy', `${NAME}-1`, '--yes'), [2, 'USAGE']);
    const { code, result } = await judged('summary');
    assert.deepEqual(
      [code, result?.verdict.verdict, result?.verdict.trust, result?.documents?.length],
      [0, 'accepted', 'emulated', DOCUMENTS],
    );
    const status = await contoso.result<{ rooms: unknown[] }>('status', NAME);
    assert.equal(status.rooms.length, 2);
    assert.equal((await contoso.run('logs', `${NAME}-0`, '--container', 'skr')).code, 0);
    assert.equal((await contoso.run('why', NAME)).code, 0);
    await contoso.result('destroy', NAME, '--yes');
    assert.deepEqual(await contoso.result('list'), { rooms: [] });
  });

  it('I4: runs nothing that the policy does not admit: the denial stands in the pod’s events, and why reads it', async function () {
    const kubectl = await openKubectl(this, emulator.kubeconfigPath, directory());
    const job = await jobOf();
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
    const why = await contoso.run('why', 'events.txt', '--policy', 'policy.rego');
    assert.match(why.stdout, /command/);
    const phases = ['get', 'pods', '-l', 'job-name=changed', '-o', 'jsonpath={.items[*].status.phase}'];
    assert.equal((await kubectl(...phases)).stdout, 'Pending Pending Pending');
    assert.equal((await kubectl('delete', '-f', at('changed.yaml'))).code, 0);
  });

  it('gives the next text’s result through pods that kubectl made', async function () {
    const kubectl = await openKubectl(this, emulator.kubeconfigPath, directory());
    const next = join(directory(), 'fabrikam', 'next');
    await mkdir(next);
    await fabrikam.result(
      'encrypt',
      await writeSiteNotes(next, DOCUMENTS + 1),
      '-f',
      'contract.yaml',
      '--dataset',
      'notes',
    );
    const applied = await kubectl('apply', '-f', at('job.access.yaml'), '-f', at('job.yaml'));
    assert.equal(applied.code, 0, applied.stderr);
    const waited = await kubectl('wait', '--for=condition=complete', `job/${NAME}`, '--timeout=100s');
    assert.equal(waited.code, 0, waited.stderr);
    const { code, result } = await judged('summary');
    assert.deepEqual([code, result?.documents?.length], [0, DOCUMENTS + 1]);
    assert.equal((await kubectl('delete', '-f', at('job.yaml'))).code, 0);
  });
});
