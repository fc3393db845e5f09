// Pipeline files: their form as each system reads it, and their command lines run against the local Azure.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { Ajv } from 'ajv';
import { schema as gitlabSchema } from 'gitlab-ci-local/src/schema/schema.js';
import { parse as parseYaml } from 'yaml';

import type { RunningEmulator } from '../../../src/lib/emulator/emulator.js';
import { PIPELINE_STEPS, RESULTS } from '../../../src/lib/parties/pipeline-files.js';
import { personAt } from '../../support/person.js';
import { type LoopbackRegistry, startLoopbackRegistry } from '../../support/loopback-registry.js';
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

  /* No npm package ships the schema of Azure Pipelines (azure-pipelines-language-service 0.9.2 is given it by its editor): the form is what the test above looks at, key by key. */
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

  describe('its steps, run as GitHub’s runner runs them,', () => {
    let emulator: RunningEmulator;
    let directory: string;
    let registry: LoopbackRegistry;
    before(async () => {
      emulator = await startTestEmulator(join(root(), 'emulator'));
      directory = join(root(), 'repository');
      mkdirSync(directory);
      const env = {
        HOME: join(root(), 'home'),
        CLEANROOM_EMULATOR_DIR: emulator.directory,
        CLEANROOM_OFFLINE: 'no',
      };
      const [fabrikam, contoso] = ['fabrikam', 'contoso'].map((party) =>
        personAt(directory, { ...env, CLEANROOM_PROFILE: party }),
      );
      await fabrikam!.result('init', '--party', 'fabrikam', '--role', 'data-owner', '--dataset', 'notes');
      // A repository that parties share belongs to none of them.
      rmSync(join(directory, 'cleanroom.config.yaml'));
      await contoso!.result('image', 'build', '--local-only', '--out', 'summarizer.oci.tar');
      // In a registry that no profile maps, as the parties' own are on Azure; the repository holds no archive.
      registry = await startLoopbackRegistry();
      const digest = await registry.add(join(directory, 'summarizer.oci.tar'));
      rmSync(join(directory, 'summarizer.oci.tar'));
      await contoso!.result(
        ...['init', '--party', 'contoso', '--role', 'host', '--role', 'recipient'],
        ...[
          '--with',
          'fabrikam.party.json',
          '--summarizer',
          `${registry.host}/cleanroom/summarizer@${digest}`,
        ],
      );
      await contoso!.result('policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
      writeFileSync(join(directory, 'package.json'), '{"name":"checks","version":"1.0.0"}');
      writeFileSync(
        join(directory, 'package-lock.json'),
        '{"name":"checks","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"checks","version":"1.0.0"}}}',
      );
    });
    after(async () => {
      await registry.stop();
      await emulator.stop();
    });

    interface StepRun {
      readonly failed: string | null;
      readonly code: number | null;
    }

    /* As GitHub's runner does: each step by `bash -e`, nothing on stdin, no step after one that failed. */
    async function runWorkflow(): Promise<StepRun> {
      const workflow = (await written('github')) as {
        jobs: { cleanroom: { steps: { name?: string; run?: string }[] } };
      };
      const idTokens = await startIdTokenService();
      try {
        for (const { name, run } of workflow.jobs.cleanroom.steps) {
          if (run === undefined) continue;
          const code = await runStep(run, idTokens.url);
          if (code !== 0) return { failed: name ?? run, code };
          if (run.startsWith('npm ci')) linkCleanroom();
        }
        return { failed: null, code: 0 };
      } finally {
        idTokens.server.close();
      }
    }

    async function runStep(run: string, idTokenUrl: string): Promise<number | null> {
      const child = spawn('bash', ['-e', '-c', run], {
        cwd: directory,
        stdio: 'ignore',
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: join(root(), 'home'),
          CI: 'true',
          CLEANROOM_EMULATOR_DIR: emulator.directory,
          CLEANROOM_PROFILE: 'contoso',
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-run',
          ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
        },
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    }

    /* What the repository's package.json would have installed. */
    function linkCleanroom(): void {
      const bin = join(directory, 'node_modules/.bin');
      rmSync(bin, { recursive: true, force: true });
      mkdirSync(bin, { recursive: true });
      symlinkSync(resolve('bin/run.js'), join(bin, 'cleanroom'));
    }

    it('all pass where nothing has drifted, with the token of the run, and leave their results', async () => {
      assert.deepEqual(await runWorkflow(), { failed: null, code: 0 });
      for (const { command } of PIPELINE_STEPS) {
        const result = readFileSync(join(directory, / > (\S+)$/.exec(command)?.[1] ?? ''), 'utf8');
        assert.equal((JSON.parse(result) as { ok: boolean }).ok, true, command);
      }
      const pulls = registry.asked.filter((path) => path.includes('/manifests/'));
      assert.equal(pulls.length, 1, 'the image is fetched once, then kept');
      assert.equal(readFileSync(join(directory, '.azure-token'), 'utf8'), 'for:api://AzureADTokenExchange');
      assert.equal(statSync(join(directory, '.azure-token')).mode & 0o777, 0o600);
    });

    const held = () => readFileSync(join(directory, 'policy.rego'), 'utf8');
    for (const [what, change, step, code] of [
      [
        'the policy that the parties hold is another one',
        (policy: string) => policy.replace('unencrypted_scratch := false', 'unencrypted_scratch := true'),
        'Compare with the policy of the parties',
        4,
      ],
      ['it is no policy', () => 'package other\n', 'Compare with the policy of the parties', 4],
    ] as const) {
      it(`stop where ${what}, with ${code}`, async () => {
        const before = held();
        writeFileSync(join(directory, 'policy.rego'), change(before));
        try {
          assert.deepEqual(await runWorkflow(), { failed: step, code });
        } finally {
          writeFileSync(join(directory, 'policy.rego'), before);
        }
      });
    }

    it('stop where the contract cannot be read, with 3, before anything else', async () => {
      const contract = readFileSync(join(directory, 'contract.yaml'), 'utf8');
      writeFileSync(join(directory, 'contract.yaml'), `${contract}\nextra: 1\n`);
      try {
        assert.deepEqual(await runWorkflow(), { failed: PIPELINE_STEPS[0]!.name, code: 3 });
      } finally {
        writeFileSync(join(directory, 'contract.yaml'), contract);
      }
    });

    it('refuse with 4 to verify another policy, where drift had not found it first', async () => {
      const before = held();
      writeFileSync(
        join(directory, 'policy.rego'),
        before.replace('unencrypted_scratch := false', 'unencrypted_scratch := true'),
      );
      linkCleanroom();
      mkdirSync(join(directory, RESULTS), { recursive: true });
      const verify = PIPELINE_STEPS.find(({ command }) => command.includes('verify-policy'))!;
      const code = await runStep(verify.command, '');
      writeFileSync(join(directory, 'policy.rego'), before);
      assert.equal(code, 4);
    });
  });
});

/* GitHub's endpoint for the token of a run: an audience in, a token out, for whoever has the run's bearer. */
async function startIdTokenService(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(({ url = '', headers }, response) => {
    const audience = new URL(url, 'http://localhost').searchParams.get('audience');
    const known = headers.authorization === 'bearer of-this-run';
    response.writeHead(known ? 200 : 401).end(JSON.stringify({ value: `for:${String(audience)}` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?version=1`, server };
}
