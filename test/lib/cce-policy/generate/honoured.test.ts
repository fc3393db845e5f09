// What confcom reads of templates and input files: every member is honoured or refused, none is dropped.

import assert from 'node:assert/strict';

import { parseTemplate } from '../../../../src/lib/cce-policy/generate/arm-template.js';
import { parseConfcomInput } from '../../../../src/lib/cce-policy/generate/confcom-input.js';
import type { Deployment } from '../../../../src/lib/cce-policy/generate/deployment.js';
import {
  DEPLOYMENT_DEFAULTS,
  deploymentPolicyContent,
} from '../../../../src/lib/cce-policy/generate/deployment-policy.js';
import { parseWrittenContainers } from '../../../../src/lib/cce-policy/generate/written-containers.js';
import { signalRule } from '../../../../src/lib/cce-policy/generate/signals.js';
import type { PolicyContent } from '../../../../src/lib/cce-policy/policy-document.js';
import { compactJson } from '../../../../src/lib/cce-policy/text/python-json.js';
import { measuredImage } from '../../../support/room-fixture.js';

const IMAGE = 'contoso.azurecr.io/web:1';

function template(
  properties: Readonly<Record<string, unknown>> = {},
  container: Readonly<Record<string, unknown>> = {},
  extra: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    parameters: { Image: { defaultValue: IMAGE }, flag: { defaultValue: true } },
    variables: { Mode: 'strict' },
    resources: [
      {
        type: 'Microsoft.ContainerInstance/containerGroups',
        name: 'web',
        properties: {
          containers: [{ name: 'web', properties: { image: IMAGE, command: ['/web'], ...container } }],
          ...properties,
        },
        ...extra,
      },
    ],
  });
}

function read(text: string, parameters: string | null = null): Deployment {
  const [deployment] = parseTemplate(text, { parameters, unresolved: 'refuse' });
  assert.ok(deployment !== undefined);
  return deployment;
}

function variables(values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { environmentVariables: values.map((value, index) => ({ name: `V${index}`, value })) };
}

function patterns(deployment: Deployment): readonly string[] {
  return deployment.containers[0]!.environment.map(({ rule }) => `${rule.strategy} ${rule.pattern}`);
}

function input(
  properties: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    version: '1.0',
    containers: [{ name: 'web', properties: { image: IMAGE, ...properties } }],
    ...more,
  });
}

function contentOf(deployment: Deployment, options: Partial<typeof DEPLOYMENT_DEFAULTS> = {}): PolicyContent {
  const images = new Map(
    deployment.containers.map(({ name, image }) => [name, measuredImage(image, ['web'])]),
  );
  return deploymentPolicyContent(deployment, images, { ...DEPLOYMENT_DEFAULTS, profile: '2.2', ...options });
}

describe('what templates say', () => {
  it('is taken whatever the case of a parameter or variable', () => {
    const text = template({}, { image: "[PARAMETERS('image')]", ...variables(["[Variables('mode')]"]) });
    assert.equal(read(text).containers[0]!.image, IMAGE);
    assert.deepEqual(patterns(read(text)), ['string V0=strict']);
    const file = JSON.stringify({ parameters: { IMAGE: { value: 'other:2' } } });
    assert.equal(read(text, file).containers[0]!.image, 'other:2');
  });

  it('is filled in wherever an expression is repeated', () => {
    const text = template({}, variables(["[variables('Mode')]-[variables('Mode')]"]));
    assert.deepEqual(patterns(read(text)), ['string V0=strict-strict']);
  });

  it('is written with Python’s words for truth values', () => {
    assert.deepEqual(patterns(read(template({}, variables([true, false, 3, '', "[parameters('flag')]"])))), [
      ...['string V0=True', 'string V1=False', 'string V2=3', 'string V3=', 'string V4=True'],
    ]);
  });

  it('has any value for what the platform fills in', () => {
    const deployment = read(
      template(
        {},
        variables(['===VIRTUALNODE2.CC.THIM.ENDPOINT===', 'x===VIRTUALNODE2.CC.THIM.ENDPOINT===']),
      ),
    );
    assert.deepEqual(patterns(deployment), ['re2 V0=.*', 'string V1=x===VIRTUALNODE2.CC.THIM.ENDPOINT===']);
  });

  it('leaves it to the flag whether the default fragment is imported, where the group has no tag', () => {
    for (const extra of [{}, { tags: {} }]) {
      const content = contentOf(read(template({}, {}, extra)), { excludeDefaultFragments: true });
      assert.deepEqual(content.fragments, []);
    }
    const tagged = contentOf(read(template({}, {}, { tags: { other: 'x' } })), {
      excludeDefaultFragments: true,
    });
    assert.equal(tagged.fragments.length, 1);
  });

  for (const [what, text] of [
    ['Windows', template({ osType: 'Windows' })],
    ['standalone fragments', template({ standaloneFragments: ['x'] })],
    [
      'standalone fragments beside the policy',
      template({ confidentialComputeProperties: { standaloneFragments: ['x'] } }),
    ],
    ['a configuration map', template({}, { configMap: { keyValuePairs: {} } })],
    [
      'a volume of Elastic SAN, whose place in the guest is not published',
      template(
        { volumes: [{ name: 'v', elasticSan: {} }] },
        { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      ),
    ],
  ] as const) {
    it(`I10: is refused where it is ${what}`, () => {
      assert.throws(() => read(text), { code: 'TEMPLATE_INVALID' });
    });
  }
});

describe('what confcom’s input says', () => {
  it('has signals of exec processes', () => {
    const deployment = parseConfcomInput(
      input({ execProcesses: [{ command: ['/x'], signals: [9, 'sigterm'] }] }),
    );
    assert.deepEqual(deployment.containers[0]!.execProcesses, [{ command: ['/x'], signals: [9, 15] }]);
  });

  it('is a pod’s where its scenario is vn2', () => {
    const deployment = parseConfcomInput(
      input({}, { scenario: 'vn2', labels: { 'azure.workload.identity/use': true } }),
    );
    const [rule] = contentOf(deployment, { missingCommand: 'as-confcom' }).containers;
    assert.equal(rule!.mounts[0]!.destination, '/var/run/secrets/azure/tokens');
    assert.equal(rule!.mounts.length, 6);
    assert.equal(rule!.env_rules[0]!.pattern, 'AZURE_CLIENT_ID=.+');
  });

  for (const [what, text] of [
    ['a configuration map', input({ configMap: {} })],
    [
      'options of a mount',
      input({ volumeMounts: [{ name: 'v', mountPath: '/v', mountType: 'emptyDir', options: ['ro'] }] }),
    ],
    [
      'a mount of Elastic SAN',
      input({ volumeMounts: [{ name: 'v', mountPath: '/v', mountType: 'elasticSan' }] }),
    ],
    ['another scenario', input({}, { scenario: 'kata' })],
  ] as const) {
    it(`I10: is refused where it has ${what}`, () => {
      assert.throws(() => parseConfcomInput(text), { code: 'CONFCOM_INPUT_INVALID' });
    });
  }
});

describe('what is written besides', () => {
  it('reads StopSignal in either case', () => {
    assert.equal(signalRule('sigquit'), 3);
    assert.equal(signalRule('SIGRTMIN+3'), 'SIGRTMIN+3');
  });

  it('escapes U+007F as Python does', () => {
    assert.equal(compactJson('\u007f~é'), '"\\u007f~\\u00e9"');
  });

  it('leaves image references out on demand, and a name that is one', () => {
    const named = contentOf(read(template()), { omitIds: true }).containers[0]!;
    assert.deepEqual([named.id, named.name], [undefined, 'web']);
    const deployment = read(template());
    const alone = {
      ...deployment,
      containers: deployment.containers.map((container) => ({ ...container, name: IMAGE })),
    };
    const [rule] = contentOf(alone, { omitIds: true }).containers;
    assert.deepEqual([rule!.id, rule!.name], [undefined, undefined]);
  });

  it('adds rules that were written before, ahead of the pause container', () => {
    const [rule] = contentOf(read(template())).containers;
    const text = JSON.stringify([{ ...rule, name: 'before', platform: 'linux/amd64' }]);
    const further = parseWrittenContainers(text, '0.2.3');
    const names = contentOf(read(template()), { further }).containers.map(({ name }) => name);
    assert.deepEqual(names, ['web', 'before', 'pause-container']);
  });

  for (const [what, text] of [
    ['a member that is not known', '[{"name":"x","all":true}]'],
    ['another platform', '[{"platform":"windows/amd64"}]'],
    ['no object', '[1]'],
  ] as const) {
    it(`I4: refuses rules with ${what}`, () => {
      assert.throws(() => parseWrittenContainers(text, '0.2.3'), { code: 'CONFCOM_INPUT_INVALID' });
    });
  }
});
