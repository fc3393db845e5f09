// X7: every logger of every library turned on, in commands that hold secrets; then all they wrote is searched.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { runProcess } from '../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const CANARY = 'The launch codeword is tangerine-9417-walrus.';
/* What people set to see what is wrong, and what CI systems set when a job is run again. */
const CHATTY = { DEBUG: '*', AZURE_LOG_LEVEL: 'verbose', NODE_ENV: 'development' };

describe('with every logger turned on', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  let parties: AgreedParties;
  let secrets: ReadonlyMap<string, string>;

  before(async () => {
    parties = await startAgreedParties(root());
    writeFileSync(join(root(), 'fabrikam', 'notes.txt'), `${CANARY}\n`.repeat(50));
    secrets = new Map([['text', CANARY], ...secretsOf('fabrikam'), ...secretsOf('contoso')]);
  });
  after(() => parties.stop());

  /** Private keys, and whatever the profile logs in with. */
  function secretsOf(party: string): readonly (readonly [string, string])[] {
    const keys = join(root(), party, 'keys');
    return readdirSync(keys).map((name) => {
      const { d } = JSON.parse(readFileSync(join(keys, name), 'utf8')) as { d: string };
      return [`${party}/${name}`, d] as const;
    });
  }

  const assertNothingOf = (output: string, extra: readonly (readonly [string, string])[] = []): void => {
    for (const [name, secret] of [...secrets, ...extra]) {
      const forms = [secret, Buffer.from(secret).toString('base64').slice(0, -4), encodeURIComponent(secret)];
      assert.ok(!forms.some((form) => output.includes(form)), `${name} is in the output`);
    }
    assert.doesNotMatch(output, /Bearer +ey/);
    assert.doesNotMatch(output, /[?&]sig=(?!REDACTED|\*)[^&\s'"]{8}/);
    assert.doesNotMatch(output, /client_secret=(?!REDACTED|\*)[^&\s'"]{4}/);
  };

  it('X7: encrypt writes no text, key, token or SAS', async () => {
    const sas = await parties.fabrikam.result<{ sas: string }>(
      ...['blob', 'sas', '-f', 'contract.yaml', '--dataset', 'notes', '--show'],
    );
    const argv = ['encrypt', 'notes.txt', '-f', 'contract.yaml', '--dataset', 'notes'];
    const { code, stdout, stderr } = await runProcess(argv, {
      cwd: join(root(), 'fabrikam'),
      env: { ...parties.environment, ...CHATTY },
    });
    assert.equal(code, 0, stderr.slice(-2000));
    assert.match(stderr, /azure|oclif/, 'the loggers are on');
    assertNothingOf(stdout + stderr, [['sas', sas.sas]]);
  });

  it('X7: deploy writes none either', async () => {
    const { code, stdout, stderr } = await runProcess(
      ['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego'],
      {
        cwd: join(root(), 'contoso'),
        env: { ...parties.environment, ...CHATTY, CLEANROOM_PROFILE: 'contoso' },
      },
    );
    assert.equal(code, 0, stderr.slice(-2000));
    assertNothingOf(stdout + stderr);
  });
});
