// What is sent to Azure Container Instances, against the published schema that Microsoft's own client carries.

import assert from 'node:assert/strict';

import { describeGroupBody } from '../../../src/lib/azure/arm/group-body.js';
import { renderArmTemplate } from '../../../src/lib/azure/arm/group-template.js';
import type { ContainerGroupDescription } from '../../../src/lib/ports/container-group.js';
import { type Mappers, schemaProblems } from '../../support/published-schema.js';

const PROBE = {
  ...{ path: '/healthz', port: 8501, initialDelaySeconds: 1 },
  ...{ periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 2 },
};
const IDENTITY =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i';
/* Everything that a group of ours can have. */
const GROUP: ContainerGroupDescription = {
  ...{ name: 'room', location: 'westeurope', tags: { a: 'b' }, identity: IDENTITY, restartPolicy: 'Never' },
  ...{ ccePolicy: 'cA==', publicPorts: [8501], dnsNameLabel: 'room' },
  registries: [
    { kind: 'identity', server: 'a.azurecr.io', identity: IDENTITY },
    { kind: 'login', server: 'b.azurecr.io', username: 'u', password: 'p' },
  ],
  volumes: [{ name: 'share', account: 'contoso', share: 'texts', accountKey: 'k' }],
  containers: [
    {
      ...{ name: 'app', image: 'a.azurecr.io/app@sha256:00', command: ['node'], ports: [8501] },
      ...{ cpu: 1, memoryGiB: 2, unprivileged: true, writesFiles: false, liveness: PROBE, readiness: PROBE },
      environment: [
        { name: 'A', value: 'x', secure: false },
        { name: 'B_SECRET', value: 'y', secure: true },
      ],
      mounts: [{ volume: 'share', path: '/mnt/share' }],
    },
  ],
};

describe('bodies of container groups', () => {
  let mappers: Mappers;
  before(async () => {
    const path = '../../../node_modules/@azure/arm-containerinstance/dist-esm/src/models/mappers.js';
    mappers = (await import(path)) as Mappers;
  });
  const body = (): object => describeGroupBody(GROUP, (_, secret) => secret);
  const problems = (changed: object): readonly string[] => schemaProblems(mappers, 'ContainerGroup', changed);

  it('have no member, type or word but those of the published schema, and lack none that it demands', () => {
    assert.deepEqual(problems(body()), []);
    assert.deepEqual(problems(describeGroupBody({ ...GROUP, ccePolicy: null }, (_, secret) => secret)), []);
  });

  it('of the template that deploy --out writes are of it likewise', () => {
    const { resources } = JSON.parse(renderArmTemplate([GROUP])) as { resources: Record<string, unknown>[] };
    assert.equal(resources.length, 1);
    const { apiVersion, type, name, ...rest } = resources[0]!;
    assert.deepEqual(
      [apiVersion, type, name],
      ['2023-05-01', 'Microsoft.ContainerInstance/containerGroups', 'room'],
    );
    assert.deepEqual(problems(rest), []);
  });

  it('are refused with an unknown member, another type, or without what is demanded', () => {
    const changed = (change: (properties: Record<string, unknown>) => void): readonly string[] => {
      const copy = JSON.parse(JSON.stringify(body())) as { properties: Record<string, unknown> };
      change(copy.properties);
      return problems(copy);
    };
    const first = (properties: Record<string, unknown>) =>
      (properties['containers'] as { properties: Record<string, unknown> }[])[0]!;
    const cases: readonly (readonly [RegExp, (properties: Record<string, unknown>) => void])[] = [
      [/properties\.sku2: unknown/, (it) => (it['sku2'] = 'Confidential')],
      [/ccePolicy2: unknown/, (it) => (it['confidentialComputeProperties'] = { ccePolicy2: 'x' })],
      [/properties\.containers: missing/, (it) => delete it['containers']],
      [/properties\.image: missing/, (it) => delete first(it).properties['image']],
      [
        /cpu: not a number/,
        (it) => (first(it).properties['resources'] = { requests: { memoryInGB: 1, cpu: '1' } }),
      ],
      [/command: not a list/, (it) => (first(it).properties['command'] = 'node')],
      [/readOnlyRoot: unknown/, (it) => (first(it).properties['securityContext'] = { readOnlyRoot: true })],
      [/provisioningState: the service's own/, (it) => (it['provisioningState'] = 'Succeeded')],
    ];
    for (const [expected, change] of cases) assert.match(changed(change).join('\n'), expected);
  });
});
