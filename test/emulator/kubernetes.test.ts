// The local cluster through its clients, @kubernetes/client-node and kubectl: objects, rights, and pods that the virtual node runs.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Job,
  type V1Secret,
  Watch,
} from '@kubernetes/client-node';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { KUBECTL_RELEASES, openKubectl } from '../support/kubectl.js';
import { startTestEmulator } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const ELSEWHERE = { nodeSelector: { virtualization: 'other' } };

function jobNamed(name: string, changes: object = {}, pod: object = ELSEWHERE): V1Job {
  const containers = [
    { name: 'summarizer', image: 'cleanroom.local/none:1', env: [{ name: 'A', value: 'b' }] },
  ];
  const job: object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      template: { spec: { restartPolicy: 'Never', containers, ...pod } },
      ...changes,
    },
  };
  return job;
}

/** Status and reason of what the API server refused. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return 'not refused';
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const { reason } = JSON.parse(typeof error.body === 'string' ? error.body : '{}') as { reason?: string };
    return [error.code, ...(reason === undefined ? [] : [reason])];
  }
}

describe('the local cluster', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let config: KubeConfig;
  let batch: BatchV1Api;
  let core: CoreV1Api;

  before(async function () {
    emulator = await startTestEmulator(join(directory(), 'emulator'));
    config = new KubeConfig();
    config.loadFromFile(emulator.kubeconfigPath);
    batch = config.makeApiClient(BatchV1Api);
    core = config.makeApiClient(CoreV1Api);
  });
  after(() => emulator.stop());

  const namespace = 'default';

  it('makes, lists, changes and removes objects', async () => {
    await batch.createNamespacedJob({ namespace, body: jobNamed('one') });
    assert.deepEqual(await refusal(batch.createNamespacedJob({ namespace, body: jobNamed('one') })), [
      409,
      'AlreadyExists',
    ]);
    const selected = await batch.listNamespacedJob({ namespace, labelSelector: 'app in (one, two)' });
    assert.deepEqual(
      selected.items.map(({ metadata }) => metadata?.name),
      ['one'],
    );
    const objects = KubernetesObjectApi.makeApiClient(config);
    const applied = Object.assign(jobNamed('one'), { spec: { parallelism: 1 } });
    const patched = await objects.patch(
      applied as never,
      undefined,
      undefined,
      'test',
      true,
      PatchStrategy.ServerSideApply,
    );
    assert.equal((patched as V1Job).spec?.parallelism, 1);
    await batch.deleteNamespacedJob({ name: 'one', namespace, propagationPolicy: 'Background' });
    assert.deepEqual(await refusal(batch.readNamespacedJob({ name: 'one', namespace })), [404, 'NotFound']);
    const { items } = await core.listNamespacedPod({ namespace });
    assert.deepEqual(items, []);
  });

  it('refuses what it does not run, and what may not change', async () => {
    const create = (body: V1Job) => refusal(batch.createNamespacedJob({ namespace, body }));
    assert.deepEqual(await create(jobNamed('two', {}, { hostNetwork: true })), [400, 'BadRequest']);
    assert.deepEqual(await create(jobNamed('two', { completionMode: 'NonIndexed' })), [422, 'Invalid']);
    assert.deepEqual(await create(jobNamed('Two!')), [422, 'Invalid']);
    await batch.createNamespacedJob({ namespace, body: jobNamed('two') });
    const replace = (body: V1Job) => refusal(batch.replaceNamespacedJob({ name: 'two', namespace, body }));
    assert.deepEqual(await replace(jobNamed('two', { completions: 3 })), [422, 'Invalid']);
    assert.deepEqual(await replace(jobNamed('other')), [400, 'BadRequest']);
    const old = jobNamed('two', { parallelism: 1 });
    old.metadata!.resourceVersion = '1';
    assert.deepEqual(await replace(old), [409, 'Conflict']);
    const tried = { namespace, body: jobNamed('tried'), dryRun: 'All' };
    assert.equal(await refusal(batch.createNamespacedJob(tried)), 'not refused');
    assert.deepEqual(await refusal(batch.readNamespacedJob({ name: 'tried', namespace })), [404, 'NotFound']);
    const secret = (data: Record<string, string>): V1Secret => {
      const body: object = { metadata: { name: 'access' }, immutable: true, data };
      return body;
    };
    await core.createNamespacedSecret({ namespace, body: secret({ SAS: 'YQ==' }) });
    const changed = core.replaceNamespacedSecret({
      name: 'access',
      namespace,
      body: secret({ SAS: 'Yg==' }),
    });
    assert.deepEqual(await refusal(changed), [422, 'Invalid']);
    assert.deepEqual(await refusal(core.createNamespacedSecret({ namespace: 'none', body: secret({}) })), [
      404,
      'NotFound',
    ]);
  });

  it('tells who watches of what is there and of each change, and events of why a pod waits', async () => {
    const seen: string[] = [];
    const watched = new Promise<void>((resolve, reject) => {
      const told = (type: string, pod: { metadata: { name: string } }): void => {
        seen.push(`${type} ${pod.metadata.name.slice(0, 7)}`);
        if (seen.includes('DELETED three-1')) resolve();
      };
      const path = `/api/v1/namespaces/${namespace}/pods`;
      void new Watch(config).watch(path, { labelSelector: 'job-name=three' }, told as never, reject);
    });
    await batch.createNamespacedJob({ namespace, body: jobNamed('three') });
    for (;;) {
      const { items } = await core.listNamespacedEvent({
        namespace,
        fieldSelector: 'reason=FailedScheduling',
      });
      if (items.some(({ involvedObject }) => involvedObject.name?.startsWith('three-1'))) break;
    }
    await batch.deleteNamespacedJob({ name: 'three', namespace, propagationPolicy: 'Background' });
    await watched;
    assert.ok(seen.includes('ADDED three-0') && seen.includes('MODIFIED three-1'), seen.join());
  });

  it('X4: is the host’s: another party has a login there, and no right; a token of nobody has neither', async () => {
    const token = await readFile(join(emulator.directory, 'secrets', 'fabrikam.kubernetes-token'), 'utf8');
    const as = (given: string): CoreV1Api => {
      const other = new KubeConfig();
      other.loadFromClusterAndUser(config.getCurrentCluster()!, { name: 'x', token: given });
      return other.makeApiClient(CoreV1Api);
    };
    assert.deepEqual(await refusal(as(token).listNamespacedSecret({ namespace })), [403, 'Forbidden']);
    assert.deepEqual(await refusal(as('x').listNamespacedSecret({ namespace })), [401]);
  });

  for (const release of KUBECTL_RELEASES)
    it(`is kubectl ${release}’s: apply, get, watch, describe, wait and delete`, async function () {
      const kubectl = await openKubectl(this, emulator.kubeconfigPath, directory(), release);
      const { stdout: said } = await kubectl('version', '--client', '-o', 'json');
      assert.ok(said.includes(`"gitVersion": "v${release}.`), said);
      /* Before 1.27 it checks fields itself, by schemas (OpenAPI v2) that the local cluster does not serve. */
      const apply = ['apply', ...(release === '1.20' ? ['--validate=false'] : []), '-f'];
      const file = join(directory(), 'job.yaml');
      await writeFile(file, JSON.stringify(jobNamed('four')));
      const applied = await kubectl(...apply, file);
      assert.deepEqual([applied.code, applied.stdout.trim()], [0, 'job.batch/four created'], applied.stderr);
      let seen = 0;
      const watched = kubectl.lines(['get', 'job', 'four', '-w', '-o', 'name'], () => ++seen === 2);
      await writeFile(file, JSON.stringify(jobNamed('four', { parallelism: 1 })));
      assert.equal((await kubectl(...apply, file)).stdout.trim(), 'job.batch/four configured');
      const forced = await kubectl('apply', '--server-side', '--force-conflicts', ...apply.slice(1), file);
      assert.equal(forced.code, 0, forced.stderr);
      assert.deepEqual(await watched, ['job.batch/four', 'job.batch/four']);
      const got = await kubectl('get', 'jobs');
      assert.match(got.stdout, /NAME +STATUS +COMPLETIONS +DURATION +AGE\nfour +Running +0\/2/);
      const described = await kubectl('describe', 'job', 'four');
      assert.match(described.stdout, /SuccessfulCreate.*Created pod: four-0-/);
      const waited = await kubectl(
        'wait',
        '--for=condition=PodScheduled=False',
        'pod',
        '-l',
        'job-name=four',
        '--timeout=30s',
      );
      assert.equal(waited.code, 0, waited.stderr);
      const misspelt = join(directory(), 'misspelt.yaml');
      await writeFile(misspelt, JSON.stringify(jobNamed('five', { backoffLimitPerindex: 1 })));
      const refused = await kubectl(...apply, misspelt);
      assert.match(refused.stderr, /unknown field "spec\.backoffLimitPerindex"/);
      const deleted = await kubectl('delete', '-f', file, '--timeout=30s');
      assert.deepEqual([deleted.code, deleted.stdout.includes('deleted')], [0, true], deleted.stderr);
      assert.equal((await kubectl('get', 'pods', '-l', 'job-name=four')).stdout, '');
    });
});
