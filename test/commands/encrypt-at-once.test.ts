// Two runs of `encrypt` for one dataset at the same time: one text is stored, and who was too late is told so.

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createBlobStore } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import type { SealStatement } from '../../src/lib/sealed-blob/statement/seal-statement.js';
import { readStoredSeal } from '../../src/lib/parties/dataset-storage.js';
import type { EncryptResult } from '../../src/lib/parties/encrypt-dataset.js';
import { type EncryptActionInput, runEncrypt } from '../../src/lib/parties/encrypt-to-dataset.js';
import type { Environment } from '../../src/lib/ports/environment.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { type ProcessRun, runProcess } from '../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('two runs of encrypt at the same time', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  let parties: AgreedParties;
  let fabrikam: Environment;
  /** The same party at work in another directory. */
  let elsewhere: Environment;

  before(async () => {
    parties = await startAgreedParties(root());
    fabrikam = parties.workspace.fabrikam;
    elsewhere = { ...fabrikam, directory: join(root(), 'elsewhere') };
    cpSync(fabrikam.directory, elsewhere.directory, { recursive: true });
  });

  let texts = 0;
  beforeEach(() => newTexts());

  function newTexts(): void {
    texts += 1;
    for (const { directory } of [fabrikam, elsewhere])
      writeFileSync(join(directory, 'notes.txt'), `Text ${texts} in ${directory}.\n`);
  }

  after(() => parties.stop());

  function encrypt(environment: Environment): Promise<EncryptResult> {
    const input: EncryptActionInput = {
      file: join(environment.directory, 'notes.txt'),
      contractPath: join(environment.directory, 'contract.yaml'),
      dataset: 'notes',
      policyPath: undefined,
      imageFlags: undefined,
      contractKeyPath: undefined,
      cacheDirectory: parties.stage.cacheDirectory,
    };
    return runEncrypt(environment, input, parties.stage);
  }

  /** `environment`, where `meanwhile` happens when the sealed file is about to be sent. */
  function disturbed(environment: Environment, meanwhile: () => Promise<unknown>): Environment {
    const { services } = environment;
    const uploads: typeof services.uploads = async (grant) => {
      const upload = await services.uploads(grant);
      return async (...argv) => {
        await meanwhile();
        await upload(...argv);
      };
    };
    return { ...environment, services: { ...services, uploads } };
  }

  /** What is stored now, as its owner states it, and the versions of the key that are enabled. */
  async function stored(): Promise<{
    readonly statement: SealStatement;
    readonly enabled: readonly string[];
  }> {
    const dataset = parties.agreement.parsed.contract.datasets[0]!;
    const connection = await connectionOf(fabrikam);
    const { contractKey } = parties.agreement.parsed.contract.parties.find(({ id }) => id === 'fabrikam')!;
    const seal = await readStoredSeal(dataset.blob, contractKey, createBlobStore(connection));
    assert.equal(seal?.intact, true, 'the blob has a statement of its own');
    const versions = await (await openKeyVault(connection, dataset.key.vault)).versions(dataset.key.name);
    return {
      statement: seal.statement,
      enabled: versions.filter(({ enabled }) => enabled).map(({ id }) => id),
    };
  }

  for (const when of ['of the first version', 'of a further version']) {
    it(`store one text ${when}, whose key alone is enabled, and tell the other`, async () => {
      let faster: EncryptResult | undefined;
      const slower = encrypt(disturbed(fabrikam, async () => (faster = await encrypt(elsewhere))));
      await assert.rejects(slower, { code: 'BLOB_CHANGED' });
      const { statement, enabled } = await stored();
      assert.deepEqual(
        { version: statement.version, key: statement.key, enabled },
        { version: faster?.version, key: faster?.key, enabled: [faster?.key] },
      );
    });
  }

  it('let the later one of them seal again, as a version of its own', async () => {
    const before = (await stored()).statement.version;
    const { key, version } = await encrypt(fabrikam);
    assert.equal(version, String(Number(before) + 1));
    assert.deepEqual((await stored()).enabled, [key]);
  });

  it('wait for each other in one directory: one text is stored, whole and once', async () => {
    const argv = ['encrypt', 'notes.txt', '-f', 'contract.yaml', '--dataset', 'notes', '--json'];
    const options = { cwd: fabrikam.directory, env: parties.environment };
    const runs = await Promise.all([runProcess(argv, options), runProcess(argv, options)]);
    const outcomes = runs.map(
      ({ stdout }) => (JSON.parse(stdout) as { result?: { outcome: string } }).result?.outcome,
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'unchanged').length, 1, outcomes.join());
    assert.ok(!outcomes.includes(undefined), outcomes.join());
    const { statement, enabled } = await stored();
    assert.deepEqual(enabled, [statement.key]);
    const dataset = ['-f', 'contract.yaml', '--dataset', 'notes', '--json'];
    const verified = await runProcess(['blob', 'verify', ...dataset], options);
    assert.equal(verified.code, 0, verified.stdout);
  });

  it('say TOO_MANY_FILES_OPEN where sockets and files run out, and lose nothing', async () => {
    const argv = ['encrypt', 'notes.txt', '-f', 'contract.yaml', '--dataset', 'notes', '--json'];
    const options = { cwd: fabrikam.directory, env: parties.environment };
    for (const limit of [34, 48]) {
      const { code, stdout } = await runProcess(argv, { ...options, limit: `-n ${limit}` });
      if (code !== 0) assert.match(stdout, /"code": "TOO_MANY_FILES_OPEN"/);
    }
    const { key } = await encrypt(fabrikam);
    assert.deepEqual((await stored()).enabled, [key]);
  });

  it('never both store the same version, from two directories', async () => {
    const run = (cwd: string): Promise<ProcessRun> =>
      runProcess(['encrypt', 'notes.txt', '-f', 'contract.yaml', '--dataset', 'notes', '--json'], {
        cwd,
        env: parties.environment,
      });
    for (let round = 0; round < 3; round++) {
      newTexts();
      const runs = await Promise.all([run(fabrikam.directory), run(elsewhere.directory)]);
      const outcomes = runs.map(
        ({ stdout }) =>
          JSON.parse(stdout) as { ok: boolean; result?: EncryptResult; error?: { code: string } },
      );
      const done = outcomes.flatMap(({ result }) => result ?? []);
      assert.ok(done.length > 0, JSON.stringify(outcomes));
      assert.equal(new Set(done.map(({ version }) => version)).size, done.length, JSON.stringify(done));
      for (const { error } of outcomes) if (error !== undefined) assert.equal(error.code, 'BLOB_CHANGED');
      const { statement, enabled } = await stored();
      assert.ok(done.some(({ key }) => key === statement.key));
      assert.deepEqual(enabled, [statement.key]);
    }
  });
});
