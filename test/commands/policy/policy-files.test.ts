// policy hash, show, diff, lint, explain: exit codes, JSON and the three forms of input.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { policyHash } from '../../../src/lib/cce-policy/read/policy-file.js';
import { contractValue, parsedContract, roomImages } from '../../support/room-fixture.js';
import { runProcess } from '../../support/cleanroom-process.js';
import { runCleanroom, runCleanroomJson } from '../../support/run-command.js';
import { processorSeconds } from '../../support/processor-time.js';

const ALLOW_ALL = [
  'package policy',
  'api_version := "0.10.0"',
  ...['mount_device', 'mount_overlay', 'create_container', 'exec_in_container'].map(
    (point) => `${point} := {"allowed": true}`,
  ),
].join('\n');

interface Finding {
  readonly id: string;
}

describe('policy commands over files', () => {
  let directory = '';
  const at = (name: string): string => join(directory, name);
  const closed = generateContractPolicy({ parsed: parsedContract(), tlsRoots: null, images: roomImages() });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cleanroom-policy-'));
    const value = contractValue();
    value.room['stdio'] = true;
    const open = generateContractPolicy({
      parsed: parsedContract(value),
      tlsRoots: null,
      images: roomImages(),
    });
    const group = (name: string, ccePolicy: string): unknown => ({
      type: 'Microsoft.ContainerInstance/containerGroups',
      name,
      properties: { confidentialComputeProperties: { ccePolicy } },
    });
    await writeFile(at('closed.rego'), closed.text);
    await writeFile(at('open.rego'), open.text);
    await writeFile(at('closed.b64'), `${closed.base64}\n`);
    await writeFile(at('template.json'), JSON.stringify({ resources: [group('room', closed.base64)] }));
    await writeFile(
      at('two.json'),
      JSON.stringify({ resources: [group('room', closed.base64), group('other', open.base64)] }),
    );
    await writeFile(at('printed.rego'), `${closed.text}\n\n\n`);
    await writeFile(at('allow-all.rego'), ALLOW_ALL);
    await writeFile(at('free.rego'), 'package policy\n\nallow { input.x == 1 }\n');
    await writeFile(at('prose.txt'), 'Dear auditor, all is well.\n');
    await writeFile(at('nothing.b64'), '');
    await writeFile(at('huge.rego'), `package policy\nx := "${'a'.repeat(5_000_000)}"`);
  });

  after(() => rm(directory, { recursive: true, force: true }));

  for (const name of ['closed.rego', 'closed.b64', 'template.json']) {
    it(`hash: ${name} has the hash of the text`, async () => {
      const { code, json } = await runCleanroomJson('policy', 'hash', at(name));
      assert.equal(code, 0);
      assert.equal((json['result'] as { policyHash: string }).policyHash, closed.hash);
    });
  }

  it('takes the policy from stdin, a socket that Node gives its children included', async () => {
    const options = { cwd: directory, env: { HOME: directory } };
    for (const [name, stdin] of [
      ['rego', closed.text],
      ['base64', `${closed.base64}\n`],
    ] as const) {
      const { stdout } = await runProcess(['policy', 'hash', '-'], { ...options, stdin });
      assert.equal(stdout, `${closed.hash}\n`, name);
    }
    assert.equal((await runProcess(['policy', 'lint', '-'], { ...options, stdin: closed.text })).code, 0);
    assert.equal((await runProcess(['policy', 'lint', '-'], { ...options, stdin: ALLOW_ALL })).code, 4);
    const diff = await runProcess(['policy', 'diff', at('open.rego'), '-', '--exit-code', '--json'], {
      ...options,
      stdin: closed.text,
    });
    assert.equal(diff.code, 4);
    assert.equal((await runProcess(['policy', 'hash', '-'], { ...options, stdin: '' })).code, 3);
  });

  it('hash: prints the bare hash for scripts', async () => {
    const { stdout } = await runCleanroom('policy', 'hash', at('closed.rego'));
    assert.equal(stdout, `${closed.hash}\n`);
  });

  it('I5: hash counts line breaks at the end, and warns of them', async () => {
    const { json } = await runCleanroomJson('policy', 'hash', at('printed.rego'));
    assert.notEqual((json['result'] as { policyHash: string }).policyHash, closed.hash);
    assert.ok((json['warnings'] as string[])[0]!.includes(closed.hash));
  });

  for (const [name, code, exit] of [
    ['prose.txt', 'POLICY_UNREADABLE', 3],
    ['nothing.b64', 'POLICY_UNREADABLE', 3],
    ['two.json', 'TEMPLATE_GROUP_AMBIGUOUS', 2],
    ['missing.rego', 'FILE_NOT_FOUND', 3],
  ] as const) {
    it(`hash: ${name} is ${code}`, async () => {
      const run = await runCleanroomJson('policy', 'hash', at(name));
      assert.equal(run.code, exit);
      assert.equal((run.json['error'] as { code: string }).code, code);
    });
  }

  for (const [what, text, code] of [
    ['base64 letters without a policy', 'a'.repeat(5_000_000), 'POLICY_UNREADABLE'],
    ['line breaks before something else', `${'\n'.repeat(5_000_000)}x`, 'POLICY_UNREADABLE'],
    ['an unfinished template', `{"a":"${'b'.repeat(5_000_000)}`, 'POLICY_UNREADABLE'],
    ['brackets', '{"a":'.repeat(1_000_000), 'POLICY_UNREADABLE'],
    ['more than the limit', 'package policy\n'.padEnd(17_000_000, '#'), 'FILE_TOO_LARGE'],
  ] as const) {
    it(`X2: hash refuses 5 MB of ${what} with exit 3, in bounded time`, async () => {
      await writeFile(at('5mb'), text);
      const seconds = await processorSeconds(async () => {
        const { code: exit, json } = await runCleanroomJson('policy', 'hash', at('5mb'));
        assert.equal((json['error'] as { code: string }).code, code);
        assert.equal(exit, 3);
      });
      assert.ok(seconds < 5, `${seconds} s`);
    });
  }

  it('hash: takes 5 MB of Rego, line breaks in its middle', async () => {
    const text = `package policy\n${'\n'.repeat(5_000_000)}x := 1`;
    await writeFile(at('5mb'), text);
    const { json } = await runCleanroomJson('policy', 'hash', at('5mb'));
    assert.equal((json['result'] as { policyHash: string }).policyHash, policyHash(text));
  });

  it('hash: takes the group that is named', async () => {
    const { json } = await runCleanroomJson('policy', 'hash', at('two.json'), '--group', 'room');
    assert.equal((json['result'] as { policyHash: string }).policyHash, closed.hash);
  });

  it('lint: a room of a contract has no error', async () => {
    const { code, json } = await runCleanroomJson('policy', 'lint', at('closed.rego'));
    assert.equal(code, 0);
    assert.equal((json['result'] as { unsafe: boolean }).unsafe, false);
  });

  it('lint: --fail-on warning is stricter', async () => {
    assert.equal((await runCleanroom('policy', 'lint', at('closed.rego'), '--fail-on', 'warning')).code, 4);
  });

  for (const [name, id] of [
    ['allow-all.rego', 'POLICY_ALLOW_ALL'],
    ['open.rego', 'STDIO_OPEN'],
    ['free.rego', 'POLICY_FORM'],
    ['huge.rego', 'POLICY_FORM'],
  ] as const) {
    it(`I4: lint finds ${id} in ${name}, and exits 4`, async () => {
      const { code, json } = await runCleanroomJson('policy', 'lint', at(name));
      assert.equal(code, 4);
      const { findings } = json['result'] as { findings: readonly Finding[] };
      assert.ok(findings.some((finding) => finding.id === id));
    });
  }

  it('diff: says what the second policy allows more, and exits 4 on request', async () => {
    const { code, json } = await runCleanroomJson(
      'policy',
      'diff',
      at('closed.rego'),
      at('open.rego'),
      '--exit-code',
    );
    assert.equal(code, 4);
    const { differences } = json['result'] as { differences: readonly { path: string; effect: string }[] };
    const stdio = differences.filter(({ path }) => path.endsWith('.allow_stdio_access'));
    assert.deepEqual(
      stdio.map(({ effect }) => effect),
      ['wider', 'wider', 'wider'],
    );
  });

  it('diff: the same policy in two forms is no difference', async () => {
    const { code, stdout } = await runCleanroom(
      'policy',
      'diff',
      at('closed.rego'),
      at('closed.b64'),
      '--exit-code',
    );
    assert.equal(code, 0);
    assert.equal(stdout, 'the same text\n');
  });

  it('show: gives the whole content as data', async () => {
    const { json } = await runCleanroomJson('policy', 'show', at('closed.rego'));
    const { containers } = json['result'] as { containers: readonly { name: string }[] };
    assert.deepEqual(
      containers.map(({ name }) => name),
      ['summarizer', 'skr', 'pause-container'],
    );
  });

  it('explain: says in words that nobody can look into the summarizer', async () => {
    const { stdout } = await runCleanroom('policy', 'explain', at('closed.rego'));
    assert.ok(stdout.includes('What summarizer prints cannot be read by the operator.'));
    assert.ok(stdout.includes('The operator cannot run anything else in summarizer.'));
  });

  it('explain: says of an allow-all policy that it protects nothing', async () => {
    const { stdout } = await runCleanroom('policy', 'explain', at('allow-all.rego'));
    assert.ok(stdout.startsWith('This policy allows everything.'));
  });
});
