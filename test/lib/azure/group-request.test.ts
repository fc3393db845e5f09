// The group of a contract in its three forms, held against each other and against the REST reference.

import assert from 'node:assert/strict';

import { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';

import { toContainerGroup } from '../../../src/lib/azure/group-request.js';
import { compareFacts, groupFacts } from '../../../src/lib/azure/group-facts.js';
import { roomSasList } from '../../../src/lib/contract/room-plan.js';
import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { type KnownPolicy, parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { UNPRIVILEGED_CAPABILITIES, unprivilegedSets } from '../../../src/lib/cce-policy/text/defaults.js';
import {
  type ContainerGroupDescription,
  describeContainerGroup,
} from '../../../src/lib/ports/container-group.js';
import { describeGroupBody } from '../../../src/lib/azure/arm/group-body.js';
import { renderArmTemplate, renderBicep } from '../../../src/lib/azure/arm/group-template.js';
import { describePlainGroup } from '../../../src/lib/parties/plain-group.js';
import { compileBicep } from '../../support/bicep.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';

const SECRET = 'sv=2022-11-02&sig=topsecret';
const IDENTITY =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/room';

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/* Microsoft.ContainerInstance containerGroups, api-version 2023-05-01: of each object the members and their types, those
   with a mark are required. Written from the REST reference, "Container Groups - Create Or Update", request body. */
const REFERENCE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  group: { location: 'string', tags: 'map', identity: 'identity', properties: 'properties!' },
  identity: { type: 'string', userAssignedIdentities: 'map' },
  properties: {
    containers: 'container[]!',
    osType: 'string!',
    sku: 'string',
    restartPolicy: 'string',
    confidentialComputeProperties: 'confidential',
    imageRegistryCredentials: 'registry[]',
    volumes: 'volume[]',
    ipAddress: 'address',
  },
  confidential: { ccePolicy: 'string' },
  container: { name: 'string!', properties: 'containerProperties!' },
  containerProperties: {
    image: 'string!',
    resources: 'resources!',
    command: 'string[]',
    ports: 'port[]',
    environmentVariables: 'variable[]',
    volumeMounts: 'mount[]',
    livenessProbe: 'probe',
    readinessProbe: 'probe',
    securityContext: 'securityContext',
  },
  securityContext: {
    privileged: 'boolean',
    allowPrivilegeEscalation: 'boolean',
    capabilities: 'capabilities',
    runAsUser: 'number',
    runAsGroup: 'number',
  },
  capabilities: { add: 'string[]', drop: 'string[]' },
  resources: { requests: 'requests!' },
  requests: { cpu: 'number!', memoryInGB: 'number!' },
  port: { port: 'number!', protocol: 'string' },
  variable: { name: 'string!', value: 'string', secureValue: 'string' },
  mount: { name: 'string!', mountPath: 'string!', readOnly: 'boolean' },
  probe: {
    httpGet: 'httpGet',
    initialDelaySeconds: 'number',
    periodSeconds: 'number',
    failureThreshold: 'number',
    timeoutSeconds: 'number',
  },
  httpGet: { path: 'string', port: 'number!', scheme: 'string' },
  registry: { server: 'string!', username: 'string', password: 'string', identity: 'string' },
  volume: { name: 'string!', azureFile: 'azureFile' },
  azureFile: {
    shareName: 'string!',
    storageAccountName: 'string!',
    storageAccountKey: 'string',
    readOnly: 'boolean',
  },
  address: { type: 'string!', ports: 'port[]!', dnsNameLabel: 'string' },
};

/** What is not as the reference says, by path. */
function deviations(value: Json, type: string, path: string): readonly string[] {
  if (type === 'map') return typeof value === 'object' ? [] : [`${path}: no map`];
  if (type.endsWith('[]'))
    return Array.isArray(value)
      ? (value as readonly Json[]).flatMap((item, index) =>
          deviations(item, type.slice(0, -2), `${path}[${index}]`),
        )
      : [`${path}: no list`];
  const members = REFERENCE[type];
  if (members === undefined) return typeof value === type ? [] : [`${path}: no ${type}`];
  const object = value as Readonly<Record<string, Json>>;
  const unknown = Object.keys(object).filter((name) => members[name] === undefined);
  const missing = Object.keys(members).filter(
    (name) => members[name]!.endsWith('!') && object[name] === undefined,
  );
  return [
    ...unknown.map((name) => `${path}.${name}: unknown`),
    ...missing.map((name) => `${path}.${name}: missing`),
    ...Object.entries(object).flatMap(([name, member]) =>
      members[name] === undefined
        ? []
        : deviations(member, members[name].replace('!', ''), `${path}.${name}`),
    ),
  ];
}

/** The body that the unmodified SDK sends. */
async function sentBody(description: ContainerGroupDescription): Promise<Json> {
  let body = '';
  const credential = {
    getToken: () => Promise.resolve({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const client = new ContainerInstanceManagementClient(credential, 'subscription', {
    httpClient: {
      sendRequest: (request) => {
        if (request.method === 'PUT') body = typeof request.body === 'string' ? request.body : '';
        const headers = request.headers;
        headers.delete('authorization');
        return Promise.resolve({ request, status: 200, headers, bodyAsText: body });
      },
    },
  });
  await client.containerGroups.beginCreateOrUpdate('group', description.name, toContainerGroup(description));
  return JSON.parse(body) as Json;
}

describe('the container group of a contract', () => {
  const parsed = parsedContract();
  const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
  const room = (
    changes: Partial<Parameters<typeof describeContainerGroup>[0]> = {},
  ): ContainerGroupDescription =>
    describeContainerGroup({
      name: 'quarterly-notes',
      shard: null,
      parsed,
      tlsRoots: null,
      policy,
      identity: IDENTITY,
      dnsNameLabel: 'notes',
      registries: [
        { kind: 'identity', server: 'contoso.azurecr.io', identity: IDENTITY },
        { kind: 'login', server: 'registry.example', username: 'puller', password: 'topsecret' },
      ],
      parameters: new Map(roomSasList(parsed.contract).map(({ variable }) => [variable, SECRET])),
      accessEnds: null,
      ...changes,
    });
  const plain = describePlainGroup({
    name: 'plain',
    parsed,
    share: { account: 'contosodata', name: 'notes', accountKey: 'topsecret' },
    dnsNameLabel: null,
    identity: null,
    registries: [],
  });

  for (const [what, description] of [
    ['confidential', room()],
    ['plain', plain],
  ] as const) {
    it(`is the same group as ARM template, as Bicep and as the SDK's request: ${what}`, async () => {
      const arm = JSON.parse(renderArmTemplate([description])) as { resources: Record<string, Json>[] };
      assert.deepEqual(compileBicep(renderBicep([description])), arm);
      const { type, apiVersion, name, ...resource } = arm.resources[0]!;
      assert.deepEqual(
        [type, apiVersion, name],
        ['Microsoft.ContainerInstance/containerGroups', '2023-05-01', description.name],
      );
      const sent = JSON.stringify(await sentBody(description), withoutSecrets);
      assert.deepEqual(JSON.parse(sent), JSON.parse(JSON.stringify(resource, withoutSecrets)));
    });

    it(`sends what the REST reference knows, of the right type, with all that it requires: ${what}`, async () => {
      assert.deepEqual(deviations(await sentBody(description), 'group', 'body'), []);
    });
  }

  it('asks of the platform for its own program what the policy demands: its user, no capability, and no way to gain one', () => {
    const [summarizer, sidecar] = describeGroupBody(room(), () => '').properties.containers;
    const [rule] = (parsePolicy(policy.text) as KnownPolicy).containers;
    const { allowPrivilegeEscalation, capabilities, runAsUser, runAsGroup } =
      summarizer!.properties.securityContext!;
    assert.equal(allowPrivilegeEscalation, !rule!.no_new_privileges);
    assert.deepEqual(rule!.capabilities, unprivilegedSets([]));
    assert.deepEqual(capabilities.drop, [...UNPRIVILEGED_CAPABILITIES]);
    const { user_idname: user, group_idnames: groups } = rule!.user;
    assert.deepEqual([user, ...groups], [runAsUser, runAsGroup].map(asId));
    assert.equal(sidecar!.properties.securityContext, undefined);
  });

  it('X7: keeps every secret out of templates, and sends it in members that are never given back', async () => {
    for (const text of [room(), plain].flatMap((one) => [renderArmTemplate([one]), renderBicep([one])]))
      assert.ok(!text.includes('topsecret'));
    const secretMembers = new Set<string>();
    JSON.stringify(await sentBody(room()), (name, value: unknown) => {
      if (typeof value === 'string' && value.includes('topsecret')) secretMembers.add(name);
      return value;
    });
    assert.deepEqual([...secretMembers].sort(), ['password', 'secureValue']);
  });

  it('takes SAS and tokens alone as secure values: all else is measured and public', () => {
    const secure = room().containers.flatMap(({ environment }) => environment.filter(({ secure: is }) => is));
    assert.ok(secure.length > 0);
    assert.deepEqual(
      secure.filter(({ name }) => !/^CLEANROOM_(?:SAS|ACCESS_TOKEN)_/.test(name)),
      [],
    );
  });

  it('is probed over https, which the policy needs no process for', () => {
    const model = parsePolicy(policy.text);
    assert.ok(model.form === 'known');
    const [summarizer, sidecar] = room().containers;
    assert.equal(summarizer?.liveness?.path, '/healthz');
    assert.equal(sidecar?.liveness, null);
    assert.deepEqual(
      model.containers.flatMap((rule) => rule.exec_processes),
      [],
    );
  });

  it('waits longer with its liveness probe than a room waits for its contract', () => {
    const { initialDelaySeconds, periodSeconds, failureThreshold } = room().containers[0]!.liveness!;
    assert.ok(initialDelaySeconds + periodSeconds * failureThreshold > 30 * 60);
  });

  it('differs from nothing but itself: the same facts, whoever gives them back', () => {
    const facts = groupFacts(toContainerGroup(room()));
    assert.deepEqual(compareFacts(facts, groupFacts(toContainerGroup(room()))), []);
    const other = groupFacts(toContainerGroup(room({ dnsNameLabel: 'other', identity: null })));
    assert.deepEqual(compareFacts(facts, other), [
      { what: 'DNS name label', from: 'notes', to: 'other' },
      { what: 'identity', from: IDENTITY.toLowerCase(), to: null },
    ]);
  });

  it('says to each of several rooms which share is its own, where everybody can read it', () => {
    const shared = room({ shard: { index: 1, count: 3 } });
    assert.deepEqual([shared.name, shared.dnsNameLabel], ['quarterly-notes-1', 'notes-1']);
    const [summarizer] = shared.containers;
    assert.deepEqual(
      summarizer?.environment.filter(({ name }) => name === 'CLEANROOM_SHARD'),
      [{ name: 'CLEANROOM_SHARD', value: '1/3', secure: false }],
    );
    const other = groupFacts(toContainerGroup(room({ shard: { index: 1, count: 4 } })));
    assert.equal(compareFacts(groupFacts(toContainerGroup(shared)), other).length, 1);
  });

  it('tells secrets apart by name only', () => {
    const changed = room({ parameters: new Map([['CLEANROOM_SAS_STATE', 'sv=other']]) });
    const differences = compareFacts(
      groupFacts(toContainerGroup(room())),
      groupFacts(toContainerGroup(changed)),
    );
    assert.ok(differences.every(({ to }) => to === null));
    assert.ok(!JSON.stringify(differences).includes('topsecret'));
  });
});

/* A secret is a reference to a parameter in the template and itself in the request: their names are compared. */
function withoutSecrets(name: string, value: unknown): unknown {
  return ['secureValue', 'password', 'storageAccountKey'].includes(name) ? 'secret' : value;
}

function asId(id: number) {
  return { pattern: String(id), strategy: 'id' };
}
