import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

import { stringify } from 'yaml';

import { renderPolicy } from '../../src/lib/cce-policy/text/render-policy.js';
import { releasePolicyOf } from '../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../src/lib/contract/release-policy/grammar.js';
import {
  claimsOf,
  DEVICE_DECISION,
  DEVICE_EVENT,
  NESTED_DEPLOYMENT,
  tokenOf,
} from '../lib/parties/diagnosis/failures.js';
import { exampleContract } from '../support/contract.js';
import { expectedContent, policyVector } from '../support/policy-vectors.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';

interface Diagnosed {
  readonly ok: boolean;
  readonly result: { readonly diagnoses: readonly { readonly kind: string; readonly code: string | null }[] };
  readonly error: { readonly code: string; readonly message: string };
}

describe('cleanroom why', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-why-'));
  const at = (name: string): string => join(directory, name);
  const policy = renderPolicy(expectedContent(policyVector('command-1x')), {
    profile: '1.x',
    layout: 'compact',
  });
  const contract = exampleContract();

  before(() => {
    writeFileSync(at('contract.yaml'), stringify(contract));
    writeFileSync(at('policy.rego'), policy.text);
    writeFileSync(at('deployment.json'), NESTED_DEPLOYMENT);
    writeFileSync(at('event.txt'), DEVICE_EVENT);
    writeFileSync(
      at('photo.jpg'),
      Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(50_000)]),
    );
    writeFileSync(at('prose.txt'), 'Dear all, the meeting is moved to Thursday.\n');
    writeFileSync(at('key.json'), renderReleasePolicy(releasePolicyOf(contract, policy.hash)));
    writeFileSync(
      at('other.json'),
      renderReleasePolicy(releasePolicyOf(contract, 'ab'.repeat(32) as typeof policy.hash)),
    );
  });

  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const why = async (...argv: string[]): Promise<{ code: number; json: Diagnosed }> => {
    const { code, json } = await runCleanroomJson('why', ...argv);
    return { code, json: json as unknown as Diagnosed };
  };

  it('finds the policy decision in a deployment error, with exit 0', async () => {
    const { code, json } = await why(at('deployment.json'));
    assert.equal(code, 0);
    assert.deepEqual(json.result.diagnoses.map((one) => one.kind)[0], 'policy-denial');
  });

  it('explains a code, a decision and a token that are given as the argument itself', async () => {
    assert.equal((await why('KEY_RELEASE_DENIED')).json.result.diagnoses[0]?.code, 'KEY_RELEASE_DENIED');
    assert.equal((await why(DEVICE_DECISION)).json.result.diagnoses[0]?.kind, 'policy-denial');
    assert.equal(
      (await why(tokenOf(claimsOf(policy.hash)))).json.result.diagnoses[0]?.kind,
      'attestation-token',
    );
  });

  it('says for people what is so, why, and what to try', async () => {
    const { stdout } = await runCleanroom('why', at('event.txt'), '--policy', at('policy.rego'));
    assert.match(stdout, /deviceHash not found/);
    assert.match(stdout, /FAIL {2}deviceHash/);
    assert.match(stdout, /try: cleanroom verify-policy/);
  });

  for (const [name, what] of [
    ['photo.jpg', 'a photo'],
    ['prose.txt', 'prose'],
  ] as const) {
    it(`refuses ${what} with FAILURE_UNKNOWN, exit 3`, async () => {
      const { code, json } = await why(at(name));
      assert.deepEqual([code, json.error.code], [3, 'FAILURE_UNKNOWN']);
    });
  }

  it('says of a code that there is not which ones begin alike', async () => {
    const { code, json } = await why('KEY_WHATEVER');
    assert.deepEqual([code, json.error.code], [3, 'FAILURE_UNKNOWN']);
    assert.match(json.error.message, /KEY_WHATEVER is no error code/);
    assert.match(JSON.stringify(json.error), /KEY_NOT_FOUND/);
  });

  it('refuses 200 MB before it has read them', async () => {
    const file = createWriteStream(at('huge.log'));
    for (let chunk = 0; chunk < 25; chunk++) file.write(Buffer.alloc(8 * 1024 * 1024, 0x61));
    file.end();
    await finished(file);
    const before = process.memoryUsage().rss;
    const { code, json } = await why(at('huge.log'));
    assert.deepEqual([code, json.error.code], [3, 'FILE_TOO_LARGE']);
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
    rmSync(at('huge.log'));
  });

  it('names a file that is not there, and a missing argument', async () => {
    assert.deepEqual((await why(at('absent.json'))).json.error.code, 'FILE_NOT_FOUND');
    const { code, json } = await why();
    assert.deepEqual([code, json.error.code], [2, 'USAGE']);
  });

  describe('--dry-run', () => {
    const dryRun = async (
      ...argv: string[]
    ): Promise<{ code: number; outcomes: readonly string[]; failed: readonly string[] }> => {
      const { code, json } = await runCleanroomJson(
        'why',
        '--dry-run',
        '-f',
        at('contract.yaml'),
        '--policy',
        at('policy.rego'),
        ...argv,
      );
      const { releases } = json['result'] as {
        releases: readonly { outcome: string; claims: readonly { claim: string; holds: boolean }[] }[];
      };
      return {
        code,
        outcomes: releases.map(({ outcome }) => outcome),
        failed: releases.flatMap(({ claims }) =>
          claims.filter(({ holds }) => !holds).map(({ claim }) => claim),
        ),
      };
    };

    it('says that the key would be released to the room of contract and policy', async () => {
      assert.deepEqual(await dryRun('--release-policy', at('key.json')), {
        code: 0,
        outcomes: ['released'],
        failed: [],
      });
    });

    it('names the clause that would fail, with exit 5', async () => {
      assert.deepEqual(await dryRun('--release-policy', at('other.json')), {
        code: 5,
        outcomes: ['refused'],
        failed: ['x-ms-sevsnpvm-hostdata'],
      });
    });
  });
});
