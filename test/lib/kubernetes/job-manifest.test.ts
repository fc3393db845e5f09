// The Job of a contract for virtual nodes: what Kubernetes' schemas say of it, what stands in it, and what a guest lets its pods have.

import assert from 'node:assert/strict';

import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { parse } from 'yaml';

import { parsePods } from '../../../src/lib/cce-policy/generate/pod.js';
import {
  capabilitySets,
  CONFINED_SECURITY_CONTEXT,
  DEFAULT_SECURITY_CONTEXT,
  userRule,
} from '../../../src/lib/cce-policy/generate/security-context.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import { type KnownPolicy, parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { roomSasList } from '../../../src/lib/contract/room-plan.js';
import { createEnforcer } from '../../../src/lib/emulator/guest/enforcer.js';
import {
  accessSecret,
  jobManifest,
  renderManifest,
} from '../../../src/lib/kubernetes/manifest/job-manifest.js';
import { readShard } from '../../../src/lib/room/shards/shard.js';
import { group, job, parsed, policy, SAS } from '../../support/job-fixture.js';
import { schemaProblems } from '../../support/closed-schema.js';
import { honestRequest, startContainer } from '../../support/policy-host.js';

interface PodSpec {
  readonly containers: readonly {
    readonly name: string;
    readonly env: readonly { name: string; value?: string }[];
    readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean };
  }[];
  readonly initContainers: readonly { readonly name: string; readonly restartPolicy: string }[];
}

describe('the Job of a contract for virtual nodes', () => {
  const manifest = parse(renderManifest(jobManifest(job))) as {
    spec: Record<string, unknown> & {
      template: { metadata: { annotations: Record<string, string> }; spec: PodSpec };
    };
  };
  const pod = manifest.spec.template;
  const model = parsePolicy(policy.text) as KnownPolicy;
  const rule = model.containers.find(({ name }) => name === 'summarizer')!;

  it('keeps to the schemas of Kubernetes, in which a member that is not named is an error', () => {
    assert.deepEqual(schemaProblems(validateJob, manifest), []);
    const secret = parse(renderManifest(accessSecret(job)!)) as object;
    assert.deepEqual(schemaProblems(validateSecret, secret), []);
    const misspelt = structuredClone(manifest);
    Object.assign(misspelt.spec, { backoffLimitPerindex: 1 });
    Object.assign(misspelt.spec.template.spec.containers[0]!, { enviroment: [] });
    assert.deepEqual(
      schemaProblems(validateJob, misspelt),
      ['/spec/template/spec/containers/0/enviroment unknown', '/spec/backoffLimitPerindex unknown']
        .sort()
        .reverse(),
    );
    const wrong = { ...structuredClone(manifest), kind: 'Jop' };
    assert.notDeepEqual(schemaProblems(validateJob, wrong), []);
  });

  it('is one Indexed Job with one policy text for all pods, a native sidecar, and nothing that the cluster adds', () => {
    const { completionMode, completions, parallelism } = manifest.spec;
    assert.deepEqual([completionMode, completions, parallelism], ['Indexed', 8, 8]);
    const prefix = 'microsoft.containerinstance.virtualnode';
    assert.equal(pod.metadata.annotations[`${prefix}.ccepolicy`], policy.base64);
    assert.equal(pod.metadata.annotations[`${prefix}.injectdns`], 'false');
    assert.deepEqual(
      pod.spec.initContainers.map(({ name, restartPolicy }) => [name, restartPolicy]),
      [['skr', 'Always']],
    );
    const spec = pod.spec as unknown as Record<string, unknown>;
    assert.deepEqual([spec['automountServiceAccountToken'], spec['enableServiceLinks']], [false, false]);
  });

  it('asks for its own program what the policy demands, and a root that it cannot write; of the sidecar nothing', () => {
    const [deployment] = parsePods(renderManifest(jobManifest(job)), { unresolved: 'any-value' });
    const asked = (name: string) =>
      deployment?.containers.find((each) => each.name === name)?.securityContext;
    assert.deepEqual(asked('summarizer'), CONFINED_SECURITY_CONTEXT);
    assert.deepEqual(asked('skr'), DEFAULT_SECURITY_CONTEXT);
    assert.deepEqual(rule.user, userRule(CONFINED_SECURITY_CONTEXT, { user: '' }));
    assert.deepEqual(rule.capabilities, capabilitySets(CONFINED_SECURITY_CONTEXT));
    assert.equal(rule.no_new_privileges, true);
    assert.equal(pod.spec.containers[0]?.securityContext?.readOnlyRootFilesystem, true);
    const unpacks = {
      ...group,
      containers: group.containers.map((each) => ({ ...each, writesFiles: true })),
    };
    assert.doesNotMatch(
      renderManifest(jobManifest({ ...job, group: unpacks })),
      /readOnlyRootFilesystem: true/,
    );
  });

  it('I30: starts no program of ours as root, with a capability, or able to gain privileges', () => {
    const honest = honestRequest(rule);
    const start = (changes: Partial<typeof honest>) =>
      startContainer(createEnforcer(model), rule, { ...honest, ...changes });
    assert.equal(start({ environment: honest.environment }).allowed, true);
    assert.equal(start({ noNewPrivileges: false }).allowed, false);
    assert.equal(start({ user: { id: '0', name: 'root' } }).allowed, false);
    assert.equal(start({ groups: [{ id: '0', name: 'root' }] }).allowed, false);
  });

  it('X7: holds no SAS: the secret does, and neither stands in the policy', () => {
    assert.ok(!renderManifest(jobManifest(job)).includes('sig='));
    assert.ok(!policy.text.includes('secretsecret'));
    const { data } = accessSecret(job) as unknown as { data: Record<string, string> };
    assert.deepEqual(
      Object.keys(data).sort(),
      roomSasList(parsed.contract)
        .map(({ variable }) => variable)
        .sort(),
    );
    assert.equal(Buffer.from(Object.values(data)[0]!, 'base64').toString(), SAS);
  });

  it('is read by our own reader of pods, variable by variable as the policy has them', () => {
    const [deployment] = parsePods(renderManifest(jobManifest(job)), { unresolved: 'any-value' });
    const summarizer = deployment?.containers.find(({ name }) => name === 'summarizer');
    const index = summarizer?.environment.find(({ name }) => name === 'JOB_COMPLETION_INDEX');
    assert.equal(index?.rule.pattern, 'JOB_COMPLETION_INDEX=.*');
    assert.match(policy.text, /"\^JOB_COMPLETION_INDEX=\[0-9\]\{1,5\}\$"/);
    assert.match(policy.text, /"\^CLEANROOM_SHARDS=\[0-9\]\{1,5\}\$"/);
    assert.doesNotMatch(policy.text, /CLEANROOM_SHARD=/);
  });

  it('I30: has no lint error for the five files of a kubelet, and one for each of them where it stands alone', () => {
    const errorsOf = (text: string): readonly string[] =>
      lintPolicy(parsePolicy(text))
        .filter(({ severity }) => severity === 'error')
        .map(({ id }) => id);
    assert.deepEqual(errorsOf(policy.text), []);
    const alone = policy.text.replaceAll('/dev/termination-log', '/data/termination-log');
    assert.deepEqual([...new Set(errorsOf(alone))], ['MOUNT_OVER_TRUST']);
  });

  it('I30: keeps its index in a guest, which drops whatever names the cluster chooses', () => {
    const honest = honestRequest(rule);
    const injected = [
      'KUBERNETES_SERVICE_HOST=10.0.0.1',
      'KUBERNETES_PORT_443_TCP=tcp://10.0.0.1:443',
      'NODE_OPTIONS_PORT=--require=/tmp/x.js',
      'CLEANROOM_SHARD=0/1',
    ];
    const started = (index: string): readonly string[] => {
      const decision = startContainer(createEnforcer(model), rule, {
        environment: [
          ...honest.environment,
          `JOB_COMPLETION_INDEX=${index}`,
          'CLEANROOM_SHARDS=8',
          ...injected,
        ],
      });
      assert.ok(decision.allowed, JSON.stringify(decision));
      return (decision as { environment: readonly string[] }).environment;
    };
    const environment = started('3');
    assert.deepEqual(
      injected.filter((variable) => environment.includes(variable)),
      [],
    );
    const shardOf = (variables: readonly string[]) =>
      readShard(Object.fromEntries(variables.map((text) => text.split('=') as [string, string])));
    assert.deepEqual(shardOf(environment), { index: 3, count: 8 });
    assert.throws(() => shardOf(started('1234567')), { code: 'ROOM_CONFIG_INVALID' });
  });
});
