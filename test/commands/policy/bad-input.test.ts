// What is wrong with the input of policy commands: a stable code, what and where, and what to do.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { contractValue } from '../../support/room-fixture.js';
import { runCleanroomJson } from '../../support/run-command.js';
import { digestOf, ociMembers, tarOf, tarOfMembers, testImage } from '../../support/tar-of.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

interface TemplateParts {
  readonly groups?: readonly string[];
  readonly container?: Readonly<Record<string, unknown>>;
  readonly parameters?: unknown;
}

function templateOf({ groups = ['room'], container, parameters = {} }: TemplateParts = {}): string {
  const properties = { image: 'contoso.azurecr.io/web:1', command: ['/bin/app'], ...container };
  return JSON.stringify({
    parameters,
    resources: groups.map((name) => ({
      type: 'Microsoft.ContainerInstance/containerGroups',
      name,
      properties: { containers: [{ name: 'web', properties }] },
    })),
  });
}

const SAS = 'https://contosodata.blob.core.windows.net/c/b?sv=2024-11-04&sig=AbCdEfGhIjKlMnOpQrStUv%3D';
const UNRESOLVED = {
  parameters: { port: { type: 'string' } },
  container: { environmentVariables: [{ name: 'PORT', value: "[parameters('port')]" }] },
};

describe('policy commands, given the wrong thing', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);

  before(async () => {
    const layers = [await tarOf([{ name: 'a', data: 'a' }]), await tarOf([{ name: 'b', data: 'b' }])];
    const image = testImage(layers);
    const members = ociMembers([{ image }]);
    writeFileSync(at('image.tar'), await tarOfMembers(members));
    members.delete(`blobs/sha256/${digestOf(layers[1]!)}`);
    writeFileSync(at('incomplete.tar'), await tarOfMembers(members));
    const manifest = [{ Config: 'c.json', RepoTags: ['fabrikam/other:1'], Layers: ['l.tar', 'm.tar'] }];
    const docker = [
      { name: 'l.tar', data: layers[0]! },
      { name: 'm.tar', data: layers[1]! },
      { name: 'c.json', data: image.config },
      { name: 'manifest.json', data: JSON.stringify(manifest) },
    ];
    writeFileSync(at('other.tar'), await tarOf(docker));
    for (const [name, text] of Object.entries({
      'template.json': templateOf(),
      'unresolved.json': templateOf(UNRESOLVED),
      'two-groups.json': templateOf({ groups: ['room', 'other'] }),
      'no-command.json': templateOf({ container: { command: [] } }),
      'sas.json': templateOf({
        container: { environmentVariables: [{ name: 'SOURCE', value: SAS }] },
      }),
      'token.json': templateOf({
        container: {
          command: ['/app', `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjb250b3NvIn0.${'c2lnbmF0dXJl'.repeat(3)}`],
        },
      }),
      'unknown.parameters.json': JSON.stringify({ parameters: { prot: { value: '80' } } }),
      'contract.yaml': JSON.stringify(contractValue()),
      'prose.txt': 'Dear auditor, all is well.\n',
      'nothing.b64': '',
      'blank.b64': 'Cg==\n',
      'free.rego': 'package policy\n\nallow { input.x == 1 }\n',
    }))
      writeFileSync(at(name), text);
  });

  async function failure(...argv: readonly string[]): Promise<{ exit: number; error: Failure }> {
    const { code, json } = await runCleanroomJson('policy', ...argv);
    return { exit: code, error: json['error'] as Failure };
  }
  const template = (name: string, ...rest: readonly string[]): readonly string[] => [
    ...['--template', at(name)],
    ...rest,
  ];
  const web = (archive: string): readonly string[] => ['--image', `web=${at(archive)}`];

  const cases: readonly (readonly [
    command: string,
    what: string,
    argv: () => readonly string[],
    code: string,
    exit: number,
    where: RegExp,
  ])[] = [
    [
      'generate',
      'an image for a container that the template lacks',
      () => template('template.json', '--image', 'wob=x.tar'),
      'IMAGE_NAME_UNKNOWN',
      2,
      /wob.*web/,
    ],
    [
      'generate',
      'an image for a container that the contract lacks',
      () => ['-f', at('contract.yaml'), '--image', 'web=x.tar'],
      'IMAGE_NAME_UNKNOWN',
      2,
      /web.*summarizer/,
    ],
    [
      'generate',
      'an archive that is not there',
      () => template('template.json', ...web('none.tar')),
      'FILE_NOT_FOUND',
      3,
      /none\.tar/,
    ],
    [
      'generate',
      'an archive without the image',
      () => template('template.json', ...web('other.tar')),
      'IMAGE_MISMATCH',
      3,
      /contoso\.azurecr\.io\/web:1.*fabrikam\/other:1/,
    ],
    [
      'generate',
      'no archive at all',
      () => template('template.json'),
      'IMAGE_ARCHIVE_MISSING',
      3,
      /contoso\.azurecr\.io\/web:1/,
    ],
    [
      'generate',
      'a layer that is listed and absent',
      () => template('template.json', ...web('incomplete.tar')),
      'IMAGE_LAYER_MISSING',
      3,
      /layers 2/,
    ],
    [
      'generate',
      'a parameter without a value',
      () => template('unresolved.json', ...web('image.tar')),
      'TEMPLATE_PARAMETER_UNRESOLVED',
      3,
      /PORT.*port/,
    ],
    [
      'generate',
      'a parameters file with a key that the template lacks',
      () => template('unresolved.json', '--parameters', at('unknown.parameters.json'), ...web('image.tar')),
      'TEMPLATE_PARAMETER_UNKNOWN',
      3,
      /prot.*port/,
    ],
    [
      'generate',
      'two container groups',
      () => template('two-groups.json', ...web('image.tar')),
      'TEMPLATE_GROUP_AMBIGUOUS',
      2,
      /room, other/,
    ],
    [
      'generate',
      'a group that the template lacks',
      () => template('two-groups.json', '--group', 'third', ...web('image.tar')),
      'USAGE',
      2,
      /third.*room, other/,
    ],
    [
      'generate',
      'a SAS as a literal',
      () => template('sas.json', ...web('image.tar')),
      'SECRET_IN_POLICY',
      3,
      /variable SOURCE of web/,
    ],
    [
      'generate',
      'a token as an argument',
      () => template('token.json', ...web('image.tar')),
      'SECRET_IN_POLICY',
      3,
      /argument 1 of the command of web/,
    ],
    [
      'generate',
      'a contract and flags that it decides itself',
      () => ['-f', at('contract.yaml'), '--debug-mode'],
      'USAGE',
      2,
      /debug-mode/,
    ],
    ['generate', 'no input', () => [], 'USAGE', 2, /--template/],
    [
      'generate',
      'prose for a template',
      () => template('prose.txt', ...web('image.tar')),
      'JSON_MALFORMED',
      3,
      /offset/,
    ],
    ['hash', 'prose for a policy', () => [at('prose.txt')], 'POLICY_UNREADABLE', 3, /not Rego, base64/],
    ['lint', 'prose for a policy', () => [at('prose.txt')], 'POLICY_UNREADABLE', 3, /not Rego, base64/],
    ['hash', 'base64 of nothing', () => [at('blank.b64')], 'POLICY_UNREADABLE', 3, /not Rego, base64/],
    ['show', 'nothing', () => [at('nothing.b64')], 'POLICY_UNREADABLE', 3, /is empty/],
    ['explain', 'a file and a room', () => [at('free.rego'), '--room', 'x'], 'USAGE', 2, /--room/],
  ];
  for (const [command, what, argv, code, exit, where] of cases) {
    it(`${command} refuses ${what} with ${code}`, async () => {
      const { exit: actual, error } = await failure(command, ...argv());
      assert.equal(error.code, code, error.message);
      assert.equal(actual, exit);
      assert.match(error.message, where);
      assert.ok(error.hint.length > 10);
    });
  }

  it('never shows the secret that it refuses', async () => {
    for (const name of ['sas.json', 'token.json']) {
      const { code, json, stderr } = await runCleanroomJson(
        ...['policy', 'generate'],
        ...template(name, ...web('image.tar')),
      );
      assert.equal(code, 3);
      assert.doesNotMatch(JSON.stringify(json) + stderr, /AbCdEfGh|c2lnbmF0dXJl/);
    }
  });

  it('takes an archive whose name means the same, or that has none', async () => {
    const { code } = await runCleanroomJson(
      'policy',
      'generate',
      ...template('template.json', ...web('image.tar')),
    );
    assert.equal(code, 0);
  });

  it('lint says of free Rego that it is unsafe, and exits 4', async () => {
    const { code, json } = await runCleanroomJson('policy', 'lint', at('free.rego'));
    assert.equal(code, 4);
    assert.equal((json['result'] as { findings: { id: string }[] }).findings[0]?.id, 'POLICY_FORM');
  });
});
