import assert from 'node:assert/strict';

import { renderArm } from '../../../../src/lib/azure/arm/render-arm.js';
import { renderBicep } from '../../../../src/lib/azure/arm/render-bicep.js';
import { call, idOf, parameter, propertyOf, type Template } from '../../../../src/lib/azure/arm/template.js';
import {
  renderArmTemplate,
  renderBicep as renderGroup,
} from '../../../../src/lib/azure/arm/group-template.js';
import { compileBicep } from '../../../support/bicep.js';

const TEMPLATE: Template = {
  parameters: {
    owner: { type: 'string', description: "whose it is: 'object id'" },
    place: { type: 'string', defaultValue: call('resourceGroup', [], 'location') },
    secret: { type: 'securestring' },
  },
  resources: [
    {
      symbol: 'account',
      type: 'Microsoft.Storage/storageAccounts',
      apiVersion: '2023-05-01',
      name: 'fabrikamdata',
      body: {
        location: parameter('place'),
        properties: { note: "[not] an 'expression' ${x}\n", share: 0.5 },
      },
    },
    {
      symbol: 'service',
      type: 'Microsoft.Storage/storageAccounts/blobServices',
      apiVersion: '2023-05-01',
      name: 'default',
      parent: 'account',
      body: { properties: { isVersioningEnabled: true, rules: [] } },
    },
    {
      symbol: 'assignment',
      type: 'Microsoft.Authorization/roleAssignments',
      apiVersion: '2022-04-01',
      name: call('guid', [idOf('service'), parameter('owner'), 'reader']),
      scope: 'service',
      body: { properties: { principalId: propertyOf('account', 'principalId'), '[odd] name': 'x' } },
    },
  ],
  outputs: { account: idOf('account') },
};

describe('templates', () => {
  it('say the same as ARM JSON and as Bicep', () => {
    assert.deepEqual(compileBicep(renderBicep(TEMPLATE)), JSON.parse(renderArm(TEMPLATE)));
  });

  it('write child names in full and every dependency out in ARM', () => {
    const { resources } = JSON.parse(renderArm(TEMPLATE)) as { resources: Record<string, unknown>[] };
    assert.equal(resources[1]?.['name'], "[format('{0}/{1}', 'fabrikamdata', 'default')]");
    assert.deepEqual(resources[2]?.['dependsOn'], [
      "[resourceId('Microsoft.Storage/storageAccounts/blobServices', 'fabrikamdata', 'default')]",
      "[resourceId('Microsoft.Storage/storageAccounts', 'fabrikamdata')]",
    ]);
  });

  it('hide no expression in a text that merely begins like one', () => {
    const text = renderArm({
      parameters: {},
      resources: [
        {
          symbol: 'a',
          type: 'X/y',
          apiVersion: '1',
          name: 'n',
          body: { tags: { t: "[listKeys('x')]" } },
        },
      ],
      outputs: {},
    });
    assert.match(text, /"\[\[listKeys\('x'\)\]"/);
  });

  it('describe a container group alike, with its secrets as secure parameters only', () => {
    const group = {
      name: 'room',
      location: 'westeurope',
      tags: { a: 'b' },
      identity:
        '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i',
      ccePolicy: 'cGFja2FnZQ==',
      containers: [
        {
          name: 'summarizer',
          image: 'contoso.azurecr.io/summarizer@sha256:00',
          command: null,
          environment: [
            { name: 'PLAIN', value: '1', secure: false },
            { name: 'CLEANROOM_SAS_STATE', value: 'sv=topsecret', secure: true },
          ],
          ports: [8501],
          cpu: 0.5,
          memoryGiB: 1,
          unprivileged: true,
          writesFiles: false,
          liveness: null,
          readiness: null,
          mounts: [],
        },
      ],
      registries: [],
      volumes: [],
      publicPorts: [8501],
      dnsNameLabel: 'room',
      restartPolicy: 'OnFailure' as const,
    };
    const arm = renderArmTemplate([group]);
    assert.deepEqual(compileBicep(renderGroup([group])), JSON.parse(arm));
    assert.ok(!arm.includes('topsecret'));
  });
});
