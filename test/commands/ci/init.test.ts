// Pipeline files: their form as each system reads it, and their command lines run against the local Azure.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { Ajv } from 'ajv';
import { schema as gitlabSchema } from 'gitlab-ci-local/src/schema/schema.js';
import { parse as parseYaml } from 'yaml';

import type { RunningEmulator } from '../../../src/lib/emulator/emulator.js';
import { PIPELINE_STEPS, RESULTS } from '../../../src/lib/workflows/pipeline-files.js';
import { personAt } from '../../support/cleanroom-process.js';
import { startTestEmulator } from '../../support/local-azure.js';
import { runCleanroom, runCleanroomJson } from '../../support/run-command.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const FILES = {
  github: '.github/workflows/cleanroom.yml',
  gitlab: '.gitlab-ci.yml',
  'azure-devops': 'azure-pipelines.yml',
};

describe('ci init', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();

  async function written(system: keyof typeof FILES): Promise<Record<string, unknown>> {
    const out = join(root(), system);
    await runCleanroomJson('ci', 'init', system, '--out', out, '--force');
    return parseYaml(readFileSync(join(out, FILES[system]), 'utf8')) as Record<string, unknown>;
  }

  it('writes every step into the file of each system, keeps the results always, and asks nothing', async () => {
    for (const system of Object.keys(FILES) as (keyof typeof FILES)[]) {
      const pipeline = JSON.stringify(await written(system));
      for (const { command } of PIPELINE_STEPS)
        assert.ok(pipeline.includes(JSON.stringify(command).slice(1, -1)), `${system}: ${command}`);
      assert.match(pipeline, /always/);
      assert.doesNotMatch(pipeline, /continue-on-error|continueOnError|allow_failure|\|\| true/);
    }
  });

  it('has the form that GitHub, GitLab and Azure Pipelines read', async () => {
    const github = (await written('github')) as {
      on: object;
      permissions: Record<string, string>;
      jobs: Record<string, { 'runs-on': string; steps: Record<string, unknown>[] }>;
    };
    assert.equal(github.permissions['id-token'], 'write');
    for (const step of github.jobs['cleanroom']!.steps)
      assert.equal(Number('uses' in step) + Number('run' in step), 1, JSON.stringify(step));
    const gitlab = (await written('gitlab')) as {
      stages: string[];
      cleanroom: { stage: string; script: unknown[] };
    };
    assert.ok(gitlab.stages.includes(gitlab.cleanroom.stage));
    assert.ok(gitlab.cleanroom.script.every((line) => typeof line === 'string'));
    const azure = (await written('azure-devops')) as { steps: Record<string, unknown>[] };
    for (const step of azure.steps)
      assert.equal(
        ['script', 'task', 'checkout'].filter((kind) => kind in step).length,
        1,
        JSON.stringify(step),
      );
  });

  it('is a workflow without an error by the schema of GitHub’s own parser, which finds a misspelled key', async () => {
    const errorsOf = (content: string): readonly string[] => {
      const file = { name: FILES.github, content };
      const { context } = parseWorkflow(file, new NoOperationTraceWriter());
      return context.errors.getErrors().map(({ message }) => message);
    };
    await written('github');
    const text = readFileSync(join(root(), 'github', FILES.github), 'utf8');
    assert.deepEqual(errorsOf(text), []);
    assert.match(errorsOf(text.replace('runs-on:', 'run-on:')).join(), /run-on/);
  });

  it('is valid by GitLab’s JSON schema, which refuses a job with a key too many', async () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const isPipeline = ajv.compile(gitlabSchema);
    const pipeline = await written('gitlab');
    assert.ok(isPipeline(pipeline), JSON.stringify(isPipeline.errors));
    const job = { ...(pipeline['cleanroom'] as object), artefacts: {} };
    assert.ok(!isPipeline({ ...pipeline, cleanroom: job }));
  });

  /* No npm package ships the schema of Azure Pipelines: the form is what the test above looks at, key by key. */
  it('has in Azure Pipelines no key that its YAML reference does not list', async () => {
    const keysOf = (value: unknown): readonly string[] => Object.keys(value as object);
    const pipeline = await written('azure-devops');
    const listed = (keys: readonly string[], known: readonly string[]): void =>
      assert.deepEqual(
        keys.filter((key) => !known.includes(key)),
        [],
      );
    listed(keysOf(pipeline), ['trigger', 'schedules', 'pool', 'variables', 'steps']);
    for (const schedule of pipeline['schedules'] as object[])
      listed(keysOf(schedule), ['cron', 'displayName', 'branches', 'always']);
    const known = {
      checkout: ['checkout', 'persistCredentials'],
      task: ['task', 'displayName', 'inputs', 'condition', 'env'],
      script: ['script', 'displayName', 'condition', 'env'],
    };
    for (const step of pipeline['steps'] as object[]) {
      const kind = keysOf(step)[0] as keyof typeof known;
      assert.ok(kind in known, kind);
      listed(keysOf(step), known[kind]);
    }
  });

  it('X7: holds no secret, only names of variables', async () => {
    for (const system of Object.keys(FILES) as (keyof typeof FILES)[])
      assert.doesNotMatch(JSON.stringify(await written(system)), /sig=|eyJ|-----BEGIN/);
  });

  it('never writes over a pipeline that is there', async () => {
    const out = join(root(), 'kept');
    mkdirSync(out);
    writeFileSync(join(out, '.gitlab-ci.yml'), 'mine: {}\n');
    assert.equal((await runCleanroom('ci', 'init', 'gitlab', '--out', out)).code, 3);
    assert.equal(readFileSync(join(out, '.gitlab-ci.yml'), 'utf8'), 'mine: {}\n');
  });

  it('knows three systems only', async () => {
    assert.equal((await runCleanroom('ci', 'init', 'jenkins')).code, 2);
  });

  describe('its command lines', () => {
    let emulator: RunningEmulator;
    let directory: string;
    before(async () => {
      emulator = await startTestEmulator(join(root(), 'emulator'));
      directory = join(root(), 'repository');
      mkdirSync(directory);
      const env = { HOME: join(root(), 'home'), CLEANROOM_EMULATOR_DIR: emulator.directory };
      const [fabrikam, contoso] = ['fabrikam', 'contoso'].map((party) =>
        personAt(directory, { ...env, CLEANROOM_PROFILE: party }),
      );
      await fabrikam!.result('init', '--party', 'fabrikam', '--role', 'data-owner', '--dataset', 'notes');
      await contoso!.result('image', 'build', '--out', 'summarizer.oci.tar');
      await contoso!.result('image', 'push', 'summarizer.oci.tar', 'cleanroom.local/summarizer:v1');
      await contoso!.result(
        ...['init', '--party', 'contoso', '--role', 'host', '--role', 'recipient'],
        ...['--with', 'fabrikam.party.json', '--summarizer', 'summarizer.oci.tar'],
      );
      await contoso!.result('policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
      mkdirSync(join(directory, RESULTS));
    });
    after(() => emulator.stop());

    async function runStep(command: string): Promise<number | null> {
      const line = command.replace(
        'npx --no-install cleanroom',
        `'${process.execPath}' '${resolve('bin/run.js')}'`,
      );
      const child = spawn('bash', ['-ec', line], {
        cwd: directory,
        stdio: 'ignore',
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: join(root(), 'home'),
          CLEANROOM_EMULATOR_DIR: emulator.directory,
          CLEANROOM_PROFILE: 'contoso',
        },
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    }

    it('all pass where nothing has drifted, and leave their results', async () => {
      for (const { name, command } of PIPELINE_STEPS) assert.equal(await runStep(command), 0, name);
      for (const { command } of PIPELINE_STEPS)
        assert.ok(existsSync(join(directory, / > (\S+)$/.exec(command)?.[1] ?? '')), command);
    });

    it('fail with 4 or 5 where the policy that the parties hold is another one', async () => {
      const held = readFileSync(join(directory, 'policy.rego'), 'utf8');
      writeFileSync(
        join(directory, 'policy.rego'),
        held.replace('allow_unencrypted_scratch := false', 'allow_unencrypted_scratch := true'),
      );
      const codes: (number | null)[] = [];
      for (const { command } of PIPELINE_STEPS) codes.push(await runStep(command));
      writeFileSync(join(directory, 'policy.rego'), held);
      assert.equal(codes[2], 4, 'policy diff');
      assert.ok(codes[3] === 4 || codes[3] === 5, `verify-policy: ${String(codes[3])}`);
    });
  });
});
