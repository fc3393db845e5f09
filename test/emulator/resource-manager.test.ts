// Azure Resource Manager of the local Azure beyond one group's life: one operation at a time, templates, tags, usages, and
// what clients ask before they get to a resource.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { httpsCall, type HttpsAnswer } from '../support/https-call.js';
import { credentialOf, pushProgram, startTestEmulator } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('resource manager of the local Azure', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let ca: string;
  let image: string;
  let token: string;

  before(async () => {
    emulator = await startTestEmulator(directory());
    ca = await readFile(emulator.tlsRootsPath, 'utf8');
    image = (await pushProgram(emulator, 'idle', 'setInterval(() => undefined, 1000);\n')).reference;
    token = (await (
      await credentialOf(emulator, 'contoso')
    ).getToken('https://management.azure.com/.default'))!.token;
  });
  after(() => emulator.stop());

  const contoso = () => emulator.parties[0]!;
  const ask = (method: string, path: string, body?: unknown, version = '2025-09-01'): Promise<HttpsAnswer> =>
    httpsCall(method, `${emulator.endpoints.resourceManager}${path}?api-version=${version}`, {
      ca,
      token,
      ...(body === undefined ? {} : { body }),
    });
  const subscription = () => `/subscriptions/${contoso().subscription}`;
  const groups = () =>
    `${subscription()}/resourceGroups/${contoso().resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups`;
  const plain = (value = 'x', name = 'app') => ({
    location: 'westeurope',
    tags: { team: 'a' },
    properties: {
      osType: 'Linux',
      restartPolicy: 'Never',
      containers: [
        {
          name,
          properties: {
            image,
            environmentVariables: [{ name: 'A', value }],
            resources: { requests: { cpu: 1.5, memoryInGB: 2 } },
          },
        },
      ],
    },
  });
  const untilEnded = async (url: string, states = /^(?:Succeeded|Failed)$/): Promise<string> => {
    for (;;) {
      const { json } = await httpsCall('GET', url, { ca, token });
      if (states.test(String(json['status']))) return String(json['status']);
    }
  };

  it('makes one group of five requests at once, refuses the others, and lists it once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => ask('PUT', `${groups()}/five`, plain(String(index)))),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, 409, 409, 409, 409]);
    assert.deepEqual(
      answers.filter(({ status }) => status === 409).map(({ json }) => json.error?.code),
      Array.from({ length: 4 }, () => 'ContainerGroupTransitioning'),
    );
    const { value } = (await ask('GET', groups())).json as { value: { name: string }[] };
    assert.equal(value.filter(({ name }) => name === 'five').length, 1);
    const made = answers.find(({ status }) => status === 201)!;
    assert.equal(await untilEnded(String(made.headers['azure-asyncoperation'])), 'Succeeded');
    // Free again: the next one is taken.
    assert.equal((await ask('POST', `${groups()}/five/restart`)).status, 204);
  });

  it('refuses a second operation on a group whose first has not ended, and frees it when that fails', async () => {
    const slow = { faults: [{ kind: 'provisioning-slow', target: 'slow', times: 1, seconds: 1 }] };
    await writeFile(join(directory(), 'faults.json'), JSON.stringify(slow));
    const made = await ask('PUT', `${groups()}/slow`, plain());
    assert.equal(made.status, 201);
    for (const verb of ['restart', 'start', 'stop'])
      assert.equal((await ask('POST', `${groups()}/slow/${verb}`)).status, 409, verb);
    assert.equal(await untilEnded(String(made.headers['azure-asyncoperation'])), 'Succeeded');
    const failing = { faults: [{ kind: 'provisioning-failed', target: 'slow', times: 1 }] };
    await writeFile(join(directory(), 'faults.json'), JSON.stringify(failing));
    assert.equal((await ask('POST', `${groups()}/slow/restart`)).status, 204);
    const { properties } = (await ask('GET', `${groups()}/slow`)).json as {
      properties: { provisioningState: string };
    };
    assert.equal(properties.provisioningState, 'Failed');
    assert.equal((await ask('DELETE', `${groups()}/slow`)).status, 200);
  });

  it('replaces tags alone, through the SDK', async () => {
    const client = new ContainerInstanceManagementClient(
      await credentialOf(emulator, 'contoso'),
      contoso().subscription,
      {
        endpoint: emulator.endpoints.resourceManager,
        credentialScopes: 'https://management.azure.com/.default',
        tlsOptions: { ca: [ca] },
      },
    );
    await client.containerGroups.beginCreateOrUpdateAndWait(
      contoso().resourceGroup,
      'tagged',
      {
        location: 'West Europe',
        osType: 'Linux',
        containers: [{ name: 'app', image, resources: { requests: { cpu: 1, memoryInGB: 1 } } }],
      },
      { updateIntervalInMs: 50 },
    );
    const tagged = await client.containerGroups.update(contoso().resourceGroup, 'tagged', {
      tags: { team: 'b' },
    });
    assert.deepEqual(tagged.tags, { team: 'b' });
    assert.equal(tagged.containers[0]?.image, image);
    const used: Record<string, number> = {};
    for await (const { name, currentValue } of client.location.listUsage('westeurope'))
      used[name?.value ?? ''] = currentValue ?? 0;
    assert.ok((used['ContainerGroups'] ?? 0) >= 1 && (used['StandardCores'] ?? 0) >= 1, JSON.stringify(used));
  });

  it('tells a caller its subscriptions and tenant, and everybody its endpoints', async () => {
    const { value } = (await ask('GET', '/subscriptions', undefined, '2022-12-01')).json as {
      value: { subscriptionId: string }[];
    };
    // Its own, and the one in whose account it makes the room's SAS.
    assert.deepEqual(
      value.map(({ subscriptionId }) => subscriptionId).sort(),
      emulator.parties.map((party) => party.subscription).sort(),
    );
    const tenants = (await ask('GET', '/tenants', undefined, '2022-12-01')).json as {
      value: { tenantId: string }[];
    };
    assert.deepEqual(
      tenants.value.map(({ tenantId }) => tenantId),
      [contoso().tenantId],
    );
    const cloudAt = async (version: string): Promise<unknown> => {
      const url = `${emulator.endpoints.resourceManager}/metadata/endpoints?api-version=${version}`;
      return JSON.parse((await httpsCall('GET', url, { ca })).text);
    };
    const cloud = (await cloudAt('2022-09-01')) as { authentication: { loginEndpoint: string } };
    assert.equal(cloud.authentication.loginEndpoint, `${emulator.endpoints.authority}/`);
    assert.deepEqual(await cloudAt('2019-05-01'), [cloud]);
  });

  it('takes slashes that az doubles, and versions from the first to the newest', async () => {
    const path = groups().replace('Microsoft.ContainerInstance/', 'Microsoft.ContainerInstance//');
    for (const version of ['2017-08-01-preview', '2021-10-01', '2026-07-01'])
      assert.equal((await ask('GET', path, undefined, version)).status, 200, version);
    assert.equal(
      (await ask('GET', path, undefined, '2099-01-01')).json.error?.code,
      'NoRegisteredProviderFound',
    );
  });

  describe('template deployments', () => {
    const deployments = () =>
      `${subscription()}/resourceGroups/${contoso().resourceGroup}/providers/Microsoft.Resources/deployments`;
    const template = (groupName: string, changes: object = {}) => ({
      properties: {
        mode: 'Incremental',
        template: {
          $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
          contentVersion: '1.0.0.0',
          parameters: { secret: { type: 'securestring' }, suffix: { type: 'string', defaultValue: "it's" } },
          variables: { name: groupName },
          resources: [
            {
              type: 'Microsoft.ContainerInstance/containerGroups',
              apiVersion: '2023-05-01',
              name: "[toLower(concat(variables('name'), '-', 'A'))]",
              location: '[resourceGroup().location]',
              properties: {
                osType: 'Linux',
                restartPolicy: 'Never',
                containers: [
                  {
                    name: 'app',
                    properties: {
                      image,
                      environmentVariables: [
                        { name: 'PLAIN', value: "[format('{0}{1}', parameters('suffix'), '!')]" },
                        { name: 'SECRET', secureValue: "[parameters('secret')]" },
                      ],
                      resources: { requests: { cpu: 1, memoryInGB: 1 } },
                    },
                  },
                ],
              },
            },
          ],
          outputs: { name: { type: 'string', value: "[variables('name')]" } },
          ...changes,
        },
        parameters: { secret: { value: 'not to be shown' } },
      },
    });
    const send = (method: string, name: string, verb: string, body: unknown): Promise<HttpsAnswer> =>
      ask(method, `${deployments()}/${name}${verb}`, body, '2024-11-01');

    it('are taken as az sends them: a bare name, comments, a comma too many', async () => {
      const { template: inner, ...others } = template('bare').properties;
      const file = JSON.stringify(inner, null, 1).replace('{', '{ // "not": a member, {\n /* ** , } */');
      const validate = (text: string): Promise<HttpsAnswer> =>
        httpsCall(
          'POST',
          `${emulator.endpoints.resourceManager}${deployments()}/bare/validate?api-version=2025-04-01`,
          { ca, token, text: `${JSON.stringify({ properties: others }).slice(0, -2)}, template:${text}}}` },
        );
      const sent = await validate(file.replace(/\}$/, ',}'));
      assert.equal(sent.status, 200, sent.text);
      assert.equal((await validate('{"a":')).json.error?.code, 'InvalidRequestContent');
    });

    it('are validated, tried and made, and show no secure parameter', async () => {
      const body = template('tmpl');
      const valid = await send('POST', 'one', '/validate', body);
      assert.equal(valid.status, 200, valid.text);
      const before = await send('POST', 'one', '/whatIf', body);
      const changeOf = (answer: HttpsAnswer): unknown =>
        (answer.json['properties'] as { changes: { changeType: string }[] }).changes[0]?.changeType;
      assert.equal(changeOf(before), 'Create');
      assert.equal((await ask('GET', `${groups()}/tmpl-a`)).status, 404);

      const made = await send('PUT', 'one', '', body);
      assert.equal(made.status, 201, made.text);
      assert.equal(await untilEnded(String(made.headers['azure-asyncoperation'])), 'Succeeded');
      const shown = await send('GET', 'one', '', undefined);
      const group = await ask('GET', `${groups()}/tmpl-a`);
      assert.match(group.text, /"name":"PLAIN","value":"it's!"/);
      for (const { text } of [valid, before, made, shown, group])
        assert.doesNotMatch(text, /not to be shown/);
      const { properties } = shown.json as {
        properties: { provisioningState: string; outputs: { name: { value: string } } };
      };
      assert.deepEqual([properties.provisioningState, properties.outputs.name.value], ['Succeeded', 'tmpl']);
      assert.equal(changeOf(await send('POST', 'one', '/whatIf', body)), 'NoChange');
    });

    it('are refused with what Azure would refuse, before anything is made', async () => {
      const long = { outputs: { long: { type: 'string', value: 'x'.repeat(131_073) } } };
      const unknown = { outputs: { x: { type: 'string', value: '[newGuid()]' } } };
      const vm = {
        resources: [{ type: 'Microsoft.Compute/virtualMachines', apiVersion: '2024-07-01', name: 'vm' }],
      };
      for (const changes of [long, unknown, vm]) {
        const answer = await send('PUT', 'two', '', template('refused', changes));
        assert.equal(answer.json.error?.code, 'InvalidTemplate', answer.text);
      }
      const missing = template('refused');
      missing.properties.parameters = {} as never;
      assert.match(
        (await send('POST', 'two', '/validate', missing)).text,
        /template parameter 'secret' is not provided/,
      );
      assert.equal((await ask('GET', `${groups()}/refused-a`)).status, 404);
      assert.equal((await send('GET', 'two', '', undefined)).status, 404);
    });
  });
});
