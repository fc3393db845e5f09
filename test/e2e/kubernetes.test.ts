// A contract for pods on virtual nodes, through the commands: what `deploy --kubernetes` writes, and that nothing else is deployed.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { parse } from 'yaml';

import { encryptText } from '../../src/lib/attack-kit/stage/steps.js';
import { schemaProblems } from '../support/closed-schema.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('a contract for pods on virtual nodes', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const before_ = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: PackedParties;

  before(async () => {
    parties = await startPackedParties(directory(), { kubernetes: true });
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.emulator.directory;
  });
  after(async () => {
    if (before_ === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = before_;
    await parties.stop();
  });

  const at = (name: string): string => join(parties.deal.terms.host.directory, name);
  const deploy = (...argv: readonly string[]) =>
    runCleanroomJson('deploy', '-f', at('contract.yaml'), '--profile', 'contoso', ...argv);
  const errorOf = async (...argv: readonly string[]): Promise<unknown> => {
    const { code, json } = await deploy(...argv);
    return [code, (json['error'] as { code: string }).code];
  };

  it('is deployed as container groups by nobody', async () => {
    assert.deepEqual(await errorOf(), [5, 'PLATFORM_NOT_AGREED']);
    assert.deepEqual(await errorOf('--kubernetes'), [2, 'USAGE']);
  });

  it('X7: becomes a Job that holds no secret, and a secret that only its owner can read', async () => {
    const text = join(directory(), 'notes.txt');
    await writeFile(text, 'The harbour authority met on Monday to discuss the new ferry line.\n');
    await encryptText(parties.stage, parties.deal.terms.owners[0]!, text);
    const shown = await runCleanroom(
      ...['deploy', '-f', at('contract.yaml'), '--profile', 'contoso', '--policy', at('policy.rego')],
      ...['--kubernetes', '--replicas', '8', '--out', at('job.yaml')],
    );
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /kubectl apply -f \S+job\.access\.yaml -f \S+job\.yaml/);
    assert.ok(!/sig=|skoid=/.test(shown.stdout + shown.stderr));
    const job = await readFile(at('job.yaml'), 'utf8');
    const access = await readFile(at('job.access.yaml'), 'utf8');
    assert.ok(!/sig=|skoid=/.test(job));
    assert.equal((await stat(at('job.access.yaml'))).mode & 0o777, 0o600);
    assert.deepEqual(schemaProblems(validateJob, parse(job) as object), []);
    assert.deepEqual(schemaProblems(validateSecret, parse(access) as object), []);
    const { spec } = parse(job) as { spec: { completions: number; template: { metadata: unknown } } };
    assert.equal(spec.completions, 8);
    const sent = JSON.stringify(spec.template.metadata);
    assert.ok(sent.includes(parties.deal.policy.base64));
  });
});
