// Policies of pods, against confcom's published samples for virtual nodes (Azure/azure-cli-extensions, src/confcom/samples/vn2).
// The samples' own text is not here: of each its length, the input, and what of its content the sample is about.

import assert from 'node:assert/strict';

import {
  injectPodPolicy,
  parsePods,
  POLICY_ANNOTATION,
} from '../../../../src/lib/cce-policy/generate/pod.js';
import type { ContainerRule } from '../../../../src/lib/cce-policy/policy-document.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { recogniseProfile } from '../../../../src/lib/cce-policy/read/recognise-profile.js';
import { renderPolicy } from '../../../../src/lib/cce-policy/text/render-policy.js';
import type { TextProfileName } from '../../../../src/lib/cce-policy/text/text-profile.js';
import { lintPolicy } from '../../../../src/lib/cce-policy/lint/lint-policy.js';
import { app, contentOf, IMAGE, pod, shell, template, textOf } from '../../../support/pod-manifests.js';

function first(manifest: unknown, options: Parameters<typeof contentOf>[1] = {}): ContainerRule {
  const [container] = contentOf(manifest, options).containers;
  assert.ok(container !== undefined);
  return container;
}

const exec = (...command: readonly string[]) => ({ exec: { command } });
const mode = { name: 'APP_MODE', value: 'production' };

const SECCOMP = Buffer.from(
  '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}',
).toString('base64');

const CONFIG_AND_SECRET = [
  template(
    'Deployment',
    app({
      env: [
        { name: 'FROM_CONFIG', valueFrom: { configMapKeyRef: { name: 'app-config', key: 'config1' } } },
        {
          name: 'FROM_BINARY_CONFIG',
          valueFrom: { configMapKeyRef: { name: 'app-config', key: 'config-binary' } },
        },
        { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'app-secret', key: 'secret1' } } },
        { name: 'FROM_STRINGDATA', valueFrom: { secretKeyRef: { name: 'app-secret', key: 'secret2' } } },
      ],
    }),
  ),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app-config' },
    data: { config1: 'value-one' },
    binaryData: { 'config-binary': 'dmFsdWUtYmluYXJ5' },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'app-secret' },
    data: { secret1: 'dmFsdWUtc2VjcmV0' },
    stringData: { secret2: 'value-plain' },
  },
];

/* name, manifest, length of the published policy.rego less its three line breaks, the text that the stored copy is of. */
const SAMPLES: readonly (readonly [
  name: string,
  manifest: unknown,
  bytes: number,
  profile: TextProfileName,
])[] = [
  ['basic_command_args', pod(app({ ...shell('echo hello'), env: [mode] })), 9309, '2.2-prerelease'],
  ['configmap_secret_env', CONFIG_AND_SECRET, 9628, '2.2-prerelease'],
  [
    'fieldref_env',
    pod(app({ env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] })),
    9097,
    '2.2',
  ],
  [
    'init_and_lifecycle',
    pod(
      app({
        ...shell('sleep 3600'),
        livenessProbe: exec('cat', '/tmp/healthy'),
        readinessProbe: exec('cat', '/tmp/ready'),
        startupProbe: exec('cat', '/tmp/started'),
        lifecycle: { postStart: exec('echo', 'started'), preStop: exec('echo', 'stopping') },
      }),
      { initContainers: [{ name: 'init-setup', image: IMAGE, ...shell('echo init') }] },
    ),
    15012,
    '2.2',
  ],
  [
    'multi_container',
    {
      ...pod(app({ env: [mode] })),
      spec: { containers: [app({ env: [mode] }), { name: 'worker', image: IMAGE, ...shell('echo worker') }] },
    },
    14393,
    '1.x',
  ],
  ['privileged_container', pod(app({ securityContext: { privileged: true } })), 12484, '1.x'],
  [
    'read_only_mounts',
    pod(
      app({
        volumeMounts: [
          { name: 'config-volume', mountPath: '/etc/config', readOnly: false },
          { name: 'secret-volume', mountPath: '/etc/secret', readOnly: false },
        ],
      }),
      {
        volumes: [
          { name: 'config-volume', configMap: { name: 'c' } },
          { name: 'secret-volume', secret: { secretName: 's' } },
        ],
      },
    ),
    9431,
    '2.2',
  ],
  [
    'resourcefieldref_env',
    pod(
      app({
        env: [
          {
            name: 'CPU_REQUEST',
            valueFrom: { resourceFieldRef: { containerName: 'app', resource: 'requests.cpu' } },
          },
          {
            name: 'MEM_LIMIT',
            valueFrom: { resourceFieldRef: { containerName: 'app', resource: 'limits.memory' } },
          },
        ],
        resources: { requests: { cpu: '250m' }, limits: { memory: '128Mi' } },
      }),
    ),
    9364,
    '2.2-prerelease',
  ],
  [
    'seccomp_profile',
    pod(app({ ...shell('echo hello'), env: [mode], securityContext: { seccompProfile: SECCOMP } })),
    9225,
    '2.2',
  ],
  [
    'security_context_merge',
    pod(app({ securityContext: { runAsUser: 2000, allowPrivilegeEscalation: false } }), {
      securityContext: { runAsUser: 1000, runAsGroup: 1001 },
    }),
    9146,
    '2.2-prerelease',
  ],
  [
    'special_env_regex',
    pod(app({ env: [{ name: 'THIM_ENDPOINT', value: '===VIRTUALNODE2.CC.THIM.TEST===' }, mode] })),
    9365,
    '2.2-prerelease',
  ],
  [
    'volume_claim_templates',
    template('StatefulSet', app({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }), {
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadOnlyMany'] } }],
    }),
    9160,
    '2.0',
  ],
  ['workload_identity', pod(app(), {}, { labels: { 'azure.workload.identity/use': 'true' } }), 9690, '2.2'],
];

describe('policies of pods', () => {
  for (const [name, manifest, bytes, profile] of SAMPLES) {
    it(`has the length of the published sample ${name}, in the text of ${profile}`, () => {
      const content = contentOf(manifest, { profile, unresolved: 'as-confcom' });
      assert.equal(renderPolicy(content, { profile, layout: 'pretty' }).text.length, bytes);
    });
  }

  it('has the signals of the published sample signals: the defaults, then the image’s own', () => {
    const manifest = pod(app({ ...shell('echo hello'), env: [mode] }));
    assert.deepEqual(first(manifest, { config: { stopSignal: 'SIGQUIT' } }).signals, [9, 15, 3]);
    assert.deepEqual(first(manifest, { profile: '2.1', config: { stopSignal: 'SIGQUIT' } }).signals, [3]);
    assert.deepEqual(first(manifest, { config: { stopSignal: 'SIGTERM' } }).signals, [9, 15]);
  });

  it('is recognised as the text of a pod', () => {
    const content = contentOf(SAMPLES[0]![1]);
    const { text } = renderPolicy(content, { profile: 'vn2', layout: 'compact' });
    assert.equal(recogniseProfile(parsePolicy(text))[0]?.profile, 'vn2');
  });

  it('holds the values that each sample is about', () => {
    const patterns = (manifest: unknown): readonly string[] =>
      first(manifest, { unresolved: 'as-confcom' }).env_rules.map(
        ({ pattern, strategy }) => `${strategy} ${pattern}`,
      );
    const sample = (name: string): unknown => SAMPLES.find(([candidate]) => candidate === name)?.[1];
    assert.deepEqual(patterns(sample('configmap_secret_env')).slice(0, 4), [
      'string FROM_CONFIG=value-one',
      'string FROM_BINARY_CONFIG=value-binary',
      'string FROM_SECRET=value-secret',
      'string FROM_STRINGDATA=value-plain',
    ]);
    assert.equal(patterns(sample('fieldref_env'))[0], 're2 POD_NAME=.*');
    assert.deepEqual(patterns(sample('resourcefieldref_env')).slice(0, 2), [
      'string CPU_REQUEST=250m',
      'string MEM_LIMIT=128Mi',
    ]);
    assert.equal(patterns(sample('special_env_regex'))[0], 're2 THIM_ENDPOINT=.*');
    assert.equal(patterns(sample('workload_identity'))[0], 're2 AZURE_CLIENT_ID=.+');
    const merged = first(sample('security_context_merge'));
    assert.deepEqual(merged.user.user_idname, { pattern: '2000', strategy: 'id' });
    assert.deepEqual(merged.user.group_idnames, [{ pattern: '1001', strategy: 'id' }]);
    assert.equal(merged.no_new_privileges, true);
    const claims = first(sample('volume_claim_templates')).mounts[0];
    assert.deepEqual([claims?.destination, claims?.options.at(-1)], ['/data', 'ro']);
    const privileged = first(sample('privileged_container'));
    assert.equal(privileged.allow_elevated, true);
    assert.deepEqual(
      privileged.mounts.slice(0, 2).map(({ destination }) => destination),
      ['/sys/fs/cgroup', '/sys'],
    );
  });

  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']) {
    it(`is that of the pod of a ${kind}`, () => {
      assert.equal(first(template(kind, app(shell('x')))).name, 'app');
    });
  }

  it('is that of the pod of a CronJob', () => {
    const { spec } = template('Job', app(shell('x')));
    const job = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'c' },
      spec: { jobTemplate: { spec } },
    };
    assert.deepEqual(first(job).command, ['/bin/sh', '-c', 'x']);
  });

  it('is that of each object of a List', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [pod(app(shell('x'))), template('Job', app(shell('y')))],
    };
    assert.equal(parsePods(textOf(list), { unresolved: 'refuse' }).length, 2);
  });

  it('takes args alone after the image’s entrypoint, and a native sidecar as a container', () => {
    const manifest = pod(app({ args: ['--serve'] }), {
      initContainers: [{ name: 'skr', image: IMAGE, restartPolicy: 'Always', command: ['/skr.sh'] }],
    });
    const content = contentOf(manifest, { config: { entrypoint: ['/web'], cmd: ['--help'] } });
    assert.deepEqual(content.containers[0]!.command, ['/web', '--serve']);
    assert.deepEqual(
      content.containers.map(({ name }) => name),
      ['app', 'skr', 'pause-container'],
    );
  });

  it('I30: refuses a secret whose value would stand in the policy', () => {
    assert.throws(() => contentOf(CONFIG_AND_SECRET), { code: 'SECRET_IN_POLICY' });
    const open = contentOf(CONFIG_AND_SECRET, { unresolved: 'any-value' }).containers[0]!.env_rules[2];
    assert.equal(open?.pattern, 'FROM_SECRET=.*');
  });

  it('I30: finds the service variables that a cluster’s owner chooses', () => {
    const content = contentOf(pod(app(shell('x'))));
    const { text } = renderPolicy(content, { profile: 'vn2', layout: 'compact' });
    const found = lintPolicy(parsePolicy(text)).filter(({ id }) => id === 'ENV_DANGEROUS');
    assert.ok(found.some(({ message }) => message.includes('KUBERNETES_SERVICE_HOST')));
  });

  it('I30: finds names of the pod’s own that a service’s name can set again', () => {
    const field = { fieldRef: { fieldPath: 'metadata.name' } };
    const env = [
      { name: 'DB_SERVICE_HOST', value: '10.0.0.1' },
      { name: 'WEB_PORT_80_TCP_ADDR', valueFrom: field },
      { name: 'OTHER', value: '1' },
    ];
    const { text } = renderPolicy(contentOf(pod(app({ ...shell('x'), env }))), {
      profile: 'vn2',
      layout: 'compact',
    });
    const found = lintPolicy(parsePolicy(text));
    const about = (name: string): readonly string[] =>
      found
        .filter(({ id, message }) => ['ENV_REOPENED', 'ENV_TWICE'].includes(id) && message.includes(name))
        .map(({ id }) => id);
    assert.ok(about('DB_SERVICE_HOST').includes('ENV_REOPENED'));
    assert.ok(about('WEB_PORT_80_TCP_ADDR').length > 0);
    assert.deepEqual(about('OTHER'), []);
  });

  it('writes the policy into the annotation of the right pod, and changes nothing else', () => {
    const text =
      '# a comment\nkind: Service\nmetadata: { name: s }\n---\nkind: Job\nmetadata:\n  name: j\nspec:\n  template:\n    spec:\n      containers: []\n';
    const written = injectPodPolicy(text, 0, 'cG9saWN5');
    assert.ok(written.includes('# a comment'));
    assert.ok(written.includes(`${POLICY_ANNOTATION}: cG9saWN5`));
    assert.ok(written.indexOf(POLICY_ANNOTATION) > written.indexOf('kind: Job'));
    assert.equal(written.replace(/ +metadata:\n +annotations:\n.*cG9saWN5\n/, ''), text);
  });
});
