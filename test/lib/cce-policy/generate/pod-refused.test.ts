// Manifests of which no policy can be made: what would have a pod run otherwise than its policy says, or have it denied.

import assert from 'node:assert/strict';

import { parsePods } from '../../../../src/lib/cce-policy/generate/pod.js';
import { app, contentOf, pod } from '../../../support/pod-manifests.js';

describe('policies of pods that are refused', () => {
  for (const [what, manifest, code] of [
    ...['injectkubeproxy', 'imagecachepod'].flatMap((name) =>
      ['true', 'True', true].map((value): readonly [string, unknown, string] => [
        `the annotation ${name}: ${JSON.stringify(value)}`,
        pod(app(), {}, { annotations: { [`microsoft.containerinstance.virtualnode.${name}`]: value } }),
        'POD_INVALID',
      ]),
    ),
    [
      'containers that a VirtualDaemonSet adds',
      [pod(app()), { apiVersion: 'aci.azure.microsoft.com/v1alpha1', kind: 'VirtualDaemonSet', spec: {} }],
      'POD_INVALID',
    ],
    [
      'a reference to what is elsewhere',
      pod(app({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } }] })),
      'TEMPLATE_PARAMETER_UNRESOLVED',
    ],
    ['variables without names', pod(app({ envFrom: [{ configMapRef: { name: 'x' } }] })), 'POD_INVALID'],
    [
      'a volume that is not there',
      pod(app({ volumeMounts: [{ name: 'x', mountPath: '/x' }] })),
      'POD_INVALID',
    ],
    [
      'a directory of a host',
      pod(app({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }), {
        volumes: [{ name: 'x', hostPath: { path: '/' } }],
      }),
      'POD_INVALID',
    ],
    ['a block device', pod(app({ volumeDevices: [{ name: 'x', devicePath: '/dev/x' }] })), 'POD_INVALID'],
    ['the host’s network', pod(app(), { hostNetwork: true }), 'POD_INVALID'],
    ['a shared process namespace', pod(app(), { shareProcessNamespace: true }), 'POD_INVALID'],
    ['an ephemeral container', pod(app(), { ephemeralContainers: [{ name: 'debug' }] }), 'POD_INVALID'],
    ['Windows', pod(app(), { os: { name: 'windows' } }), 'POD_INVALID'],
    [
      'a seccomp profile on a host',
      pod(app({ securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x' } } })),
      'POD_INVALID',
    ],
    [
      'another container’s resources',
      pod(
        app({
          env: [
            { name: 'A', valueFrom: { resourceFieldRef: { containerName: 'b', resource: 'limits.cpu' } } },
          ],
        }),
      ),
      'POD_INVALID',
    ],
    ['another runtime', pod(app(), { runtimeClassName: 'kata' }), 'POD_INVALID'],
    [
      'kernel settings',
      pod(app(), { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } }),
      'POD_INVALID',
    ],
    ['a /proc without its masks', pod(app({ securityContext: { procMount: 'Unmasked' } })), 'POD_INVALID'],
    ['a signal of its own to stop', pod(app({ lifecycle: { stopSignal: 'SIGUSR1' } })), 'POD_INVALID'],
    ['a service in its command', pod(app({ command: ['/bin/$(X_SERVICE_HOST)'] })), 'POD_INVALID'],
    ['a port in its arguments', pod(app({ args: ['--to=$(X_PORT_443_TCP_ADDR)'] })), 'POD_INVALID'],
    [
      'a variable in its arguments',
      pod(app({ args: ['$(a)'], env: [{ name: 'a', value: 'x' }] })),
      'POD_INVALID',
    ],
    ['a variable in itself', pod(app({ env: [{ name: 'A', value: 'x$(A)' }] })), 'POD_INVALID'],
    ['a doubled dollar sign', pod(app({ env: [{ name: 'A', value: 'a$$b' }] })), 'POD_INVALID'],
    ...(
      [
        ['subPath', 'a'],
        ['subPathExpr', 'a'],
        ['mountPropagation', 'Bidirectional'],
      ] as const
    ).map(([name, value]): readonly [string, unknown, string] => [
      `${name} of a mount`,
      pod(app({ volumeMounts: [{ name: 'x', mountPath: '/x', [name]: value }] }), {
        volumes: [{ name: 'x', emptyDir: {} }],
      }),
      'POD_INVALID',
    ]),
    ['no workload', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }, 'POD_INVALID'],
    ['no containers', pod(app(), { containers: [] }), 'POD_INVALID'],
  ] as const) {
    it(`I30: refuses a pod with ${what}`, () => {
      assert.throws(() => contentOf(manifest), { code });
    });
  }

  it('takes a dollar sign that Kubernetes leaves alone, and mounts as they are by default', () => {
    const manifest = pod(
      app({
        args: ['costs $5', '$HOME', '$(', 'x=$(date)'],
        volumeMounts: [{ name: 'x', mountPath: '/x', subPath: '', mountPropagation: 'None' }],
      }),
      { volumes: [{ name: 'x', emptyDir: {} }] },
    );
    assert.doesNotThrow(() => contentOf(manifest));
  });

  const nested = ['a: &a [x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a]', 'c: [*b,*b,*b,*b,*b,*b,*b]'];
  for (const text of [
    'kind: [',
    'a: &a [1,2]\nb: [*a, *a',
    '- 1',
    'kind: Pod\nkind: Job',
    nested.join('\n'),
    'kind: Pod\nmetadata: &m {labels: *m}\nspec: &s {containers: [*s]}',
  ]) {
    it(`X8: refuses what is no manifest: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parsePods(text, { unresolved: 'refuse' }), { code: 'POD_INVALID' });
    });
  }
});
