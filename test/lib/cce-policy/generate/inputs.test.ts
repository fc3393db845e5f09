// Templates and confcom's input: what is filled in, and what is refused, with the place.

import assert from 'node:assert/strict';

import { injectPolicy, parseTemplate } from '../../../../src/lib/cce-policy/generate/arm-template.js';
import { parseConfcomInput } from '../../../../src/lib/cce-policy/generate/confcom-input.js';
import type { Deployment } from '../../../../src/lib/cce-policy/generate/deployment.js';
import {
  DEPLOYMENT_DEFAULTS,
  deploymentPolicyContent,
} from '../../../../src/lib/cce-policy/generate/deployment-policy.js';
import {
  capabilitySets,
  DEFAULT_SECURITY_CONTEXT,
  seccompHash,
  userRule,
} from '../../../../src/lib/cce-policy/generate/security-context.js';
import { sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import type { CleanroomError } from '../../../../src/lib/base/errors.js';
import { measuredImage } from '../../../support/room-fixture.js';

interface TemplateParts {
  readonly parameters?: unknown;
  readonly variables?: unknown;
  readonly container?: Record<string, unknown>;
  readonly group?: Record<string, unknown>;
  readonly volumes?: unknown;
}

function template({ parameters, variables, container, group, volumes }: TemplateParts): string {
  const properties = {
    containers: [{ name: 'web', properties: { image: 'contoso.azurecr.io/web:1', ...container } }],
    ...(volumes === undefined ? {} : { volumes }),
  };
  return JSON.stringify({
    ...(parameters === undefined ? {} : { parameters }),
    ...(variables === undefined ? {} : { variables }),
    resources: [{ type: 'Microsoft.ContainerInstance/containerGroups', name: 'room', properties, ...group }],
  });
}

function read(
  parts: TemplateParts,
  parametersFile: unknown = null,
  unresolved: 'refuse' | 'any-value' = 'refuse',
): Deployment {
  const parameters = parametersFile === null ? null : JSON.stringify(parametersFile);
  return parseTemplate(template(parts), { parameters, unresolved })[0]!;
}

function isError(code: string): (error: unknown) => boolean {
  return (error) => (error as CleanroomError).code === code;
}

const variable = (value: unknown): Record<string, unknown> => ({
  environmentVariables: [{ name: 'A', value }],
});

describe('ARM templates', () => {
  it('fills in parameters from the file, then from the template, and keeps the text around them', () => {
    const parts = {
      parameters: { a: { defaultValue: 'default' }, b: { defaultValue: 'kept' } },
      container: { command: ["x-[parameters('a')]-y", "[parameters( 'b' )]"] },
    };
    const { containers } = read(parts, { parameters: { a: { value: 'given' } } });
    assert.deepEqual(containers[0]!.command, ['x-given-y', 'kept']);
  });

  it('fills in variables once, and not what they hold', () => {
    const parts = {
      parameters: { a: { value: 'x' } },
      variables: { v: "[parameters('a')]" },
      container: variable("[variables('v')]"),
    };
    assert.equal(read(parts).containers[0]!.environment[0]!.rule.pattern, "A=[parameters('a')]");
  });

  it('reads members whatever their case', () => {
    const { containers } = read({ container: { EnvironmentVariables: [{ Name: 'A', VALUE: 'b' }] } });
    assert.equal(containers[0]!.environment[0]!.rule.pattern, 'A=b');
  });

  it('allows any value of an unresolved parameter only on request', () => {
    const parts = { parameters: { a: { type: 'string' } }, container: variable("[parameters('a')]") };
    assert.throws(() => read(parts), isError('TEMPLATE_PARAMETER_UNRESOLVED'));
    assert.deepEqual(read(parts, null, 'any-value').containers[0]!.environment[0]!.rule, {
      pattern: 'A=.*',
      required: false,
      strategy: 're2',
    });
  });

  it('I5: leaves the infrastructure fragment out for a group that wants no sidecars', () => {
    const deployment = read({
      group: { tags: { 'Annotate-zero-sidecar': 'true' } },
      container: { command: ['/a'] },
    });
    const images = new Map([['web', measuredImage('contoso.azurecr.io/web:1', ['a'])]]);
    const content = deploymentPolicyContent(deployment, images, { ...DEPLOYMENT_DEFAULTS, profile: '2.0' });
    assert.deepEqual(content.fragments, []);
  });

  it('takes init containers like the others', () => {
    const withInit = JSON.parse(template({})) as { resources: [{ properties: Record<string, unknown> }] };
    withInit.resources[0].properties['initContainers'] = [{ name: 'init', properties: { image: 'x:1' } }];
    const [deployment] = parseTemplate(JSON.stringify(withInit), { parameters: null, unresolved: 'refuse' });
    assert.deepEqual(
      deployment!.containers.map(({ name }) => name),
      ['web', 'init'],
    );
  });

  it('keeps the order of keys when it injects', () => {
    const text =
      '{"z":1,"resources":[{"type":"Microsoft.ContainerInstance/containerGroups","name":"room","properties":{"a":1}}],"b":2}';
    const injected = JSON.parse(injectPolicy(text, 0, 'QUJD')) as Record<string, unknown>;
    assert.deepEqual(Object.keys(injected), ['z', 'resources', 'b']);
    assert.ok(JSON.stringify(injected).includes('"confidentialComputeProperties":{"ccePolicy":"QUJD"}'));
  });

  for (const [what, parts, parametersFile, code] of [
    [
      'a parameters file with an unknown key',
      {},
      { parameters: { x: { value: 1 } } },
      'TEMPLATE_PARAMETER_UNKNOWN',
    ],
    ['an undeclared parameter', { container: variable("[parameters('x')]") }, null, 'TEMPLATE_INVALID'],
    ['a variable without a value', { container: variable(null) }, null, 'TEMPLATE_INVALID'],
    [
      'a secureValue',
      { container: { environmentVariables: [{ name: 'A', secureValue: 'b' }] } },
      null,
      'SECRET_IN_POLICY',
    ],
    [
      'a mount without its volume',
      { container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } },
      null,
      'TEMPLATE_INVALID',
    ],
    [
      'an image that is an unresolved parameter',
      { parameters: { i: {} }, container: { image: "[parameters('i')]" } },
      null,
      'TEMPLATE_PARAMETER_UNRESOLVED',
    ],
    ['a negative user', { container: { securityContext: { runAsUser: -1 } } }, null, 'TEMPLATE_INVALID'],
    [
      'no container group',
      { group: { type: 'Microsoft.Storage/storageAccounts' } },
      null,
      'TEMPLATE_INVALID',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(parts, parametersFile), isError(code));
    });
  }

  it('refuses JSON with a duplicate key', () => {
    assert.throws(
      () => parseTemplate('{"resources":[],"resources":[]}', { parameters: null, unresolved: 'refuse' }),
      isError('JSON_MALFORMED'),
    );
  });
});

describe('confcom input', () => {
  const current = {
    version: '1.0',
    containers: [
      {
        name: 'web',
        properties: {
          image: 'x:1',
          command: ['/a'],
          environmentVariables: [
            { name: 'A', value: 'b' },
            { name: 'B', value: '[0-9]+', regex: true },
          ],
          volumeMounts: [{ name: 'v', mountPath: '/v', mountType: 'azureFile', readOnly: true }],
          execProcesses: [{ command: ['/probe'] }],
          securityContext: { privileged: 'true' },
        },
      },
    ],
  };
  const flat = {
    version: '1.0',
    containers: [
      {
        name: 'web',
        containerImage: 'x:1',
        command: ['/a'],
        environmentVariables: [
          { name: 'A', value: 'b', strategy: 'string' },
          { name: 'B', value: '[0-9]+', strategy: 're2' },
        ],
        mounts: [{ mountType: 'azureFile', mountPath: '/v' }],
        execProcesses: ['/probe'],
        allow_elevated: true,
      },
    ],
  };

  it('reads the flat form as the current one, mounts read-only unless they say otherwise', () => {
    assert.deepEqual(parseConfcomInput(JSON.stringify(flat)), parseConfcomInput(JSON.stringify(current)));
  });

  it('puts the fragments of the file before the default one', () => {
    const own = { feed: 'f', includes: ['containers'], issuer: 'i', minimum_svn: 1, path: 'x' };
    const deployment = parseConfcomInput(JSON.stringify({ ...current, fragments: [own] }));
    const images = new Map([['web', measuredImage('x:1', ['a'])]]);
    const content = deploymentPolicyContent(deployment, images, { ...DEPLOYMENT_DEFAULTS, profile: '2.0' });
    assert.deepEqual(content.fragments[0], {
      feed: 'f',
      includes: ['containers'],
      issuer: 'i',
      minimum_svn: '1',
    });
    assert.equal(content.fragments.length, 2);
  });

  for (const [what, value] of [
    ['no containers', { version: '1.0' }],
    [
      'an unknown mount type',
      {
        containers: [
          { name: 'a', properties: { image: 'x', volumeMounts: [{ mountType: 'nfs', mountPath: '/' }] } },
        ],
      },
    ],
    ['virtual node', { ...current, scenario: 'kata' }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseConfcomInput(JSON.stringify(value)), isError('CONFCOM_INPUT_INVALID'));
    });
  }
});

describe('security context', () => {
  it('takes the image’s user where the context names none, and the context’s alone where it does', () => {
    assert.deepEqual(userRule(DEFAULT_SECURITY_CONTEXT, { user: '10:staff' }).group_idnames, [
      { pattern: 'staff', strategy: 'name' },
    ]);
    const { user_idname } = userRule({ ...DEFAULT_SECURITY_CONTEXT, runAsGroup: 7 }, { user: '10' });
    assert.equal(user_idname.strategy, 'any');
  });

  it('drops capabilities from every set, and adds them as written', () => {
    const sets = capabilitySets({
      ...DEFAULT_SECURITY_CONTEXT,
      addCapabilities: ['SYS_TIME'],
      dropCapabilities: ['CAP_KILL'],
    });
    assert.ok(sets.bounding.includes('SYS_TIME') && !sets.bounding.includes('CAP_KILL'));
    assert.deepEqual(sets.ambient, []);
  });

  it('hashes a seccomp profile in the order of members that the guest hashes', () => {
    const profile = {
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', comment: 'x' }],
      defaultAction: 'SCMP_ACT_ERRNO',
    };
    const text =
      '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}';
    assert.equal(seccompHash(profile), sha256Hex(text));
  });
});
