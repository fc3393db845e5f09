// policy generate and verify-policy over real archives, from the contract to the verdict.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildImage } from '../../../src/lib/images/build/build-image.js';
import { buildReleasePolicy } from '../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import type { Sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { contractValue } from '../../support/room-fixture.js';
import { runCleanroom, runCleanroomJson } from '../../support/run-command.js';

interface Verification {
  readonly verdict: string;
  readonly policyHash: string;
  readonly statements: readonly { readonly id: string; readonly status: string }[];
  readonly checks: readonly Check[];
}

describe('policy generate and verify-policy', () => {
  let directory = '';
  let policyHash = '';
  const at = (name: string): string => join(directory, name);
  const images = (): readonly string[] => [
    '--image',
    `summarizer=${at('summarizer.tar')}`,
    '--image',
    `skr=${at('skr.tar')}`,
  ];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cleanroom-generate-'));
    await writeFile(at('main.js'), 'console.log(1);\n');
    const build = async (name: string): Promise<string> => {
      const { manifestDigest } = await buildImage(
        {
          layers: [[{ path: `/app/${name}.js`, source: at('main.js') }]],
          entrypoint: ['node', `/app/${name}.js`],
        },
        at(`${name}.tar`),
      );
      return `contoso.azurecr.io/cleanroom/${name}@${manifestDigest}`;
    };
    const value = contractValue();
    const references = new Map([
      ['summarizer', await build('summarizer')],
      ['skr', await build('skr')],
    ]);
    value.room['containers'] = [...references].map(([name, image]) => ({
      name,
      image,
      cpu: 1,
      memoryGiB: 1,
    }));
    await writeFile(at('contract.yaml'), JSON.stringify(value));
    await writeFile(at('template.json'), JSON.stringify(templateOf(references.get('summarizer')!)));
    const run = await runCleanroomJson(
      'policy',
      'generate',
      '-f',
      at('contract.yaml'),
      ...images(),
      '--out',
      at('policy.rego'),
    );
    ({ policyHash } = run.json['result'] as Verification);
    const release = buildReleasePolicy({
      policyHash: policyHash as Sha256Hex,
      authorities: ['https://sharedweu.weu.attest.azure.net'],
      guestSvn: 2,
    });
    await writeFile(at('release.json'), renderReleasePolicy(release));
    const other = buildReleasePolicy({
      policyHash: 'b'.repeat(64) as Sha256Hex,
      authorities: ['https://sharedweu.weu.attest.azure.net'],
      guestSvn: 2,
    });
    await writeFile(at('other-release.json'), renderReleasePolicy(other));
  });

  after(() => rm(directory, { recursive: true, force: true }));

  async function verify(...argv: readonly string[]): Promise<{ code: number; result: Verification }> {
    const { code, json } = await runCleanroomJson('verify-policy', '-f', at('contract.yaml'), ...argv);
    return { code, result: json['result'] as Verification };
  }

  function statusOf(result: Verification, id: string): string | undefined {
    return result.checks.find((check) => check.id === id)?.status;
  }

  it('writes the policy of a contract, and its file has the hash that was printed', async () => {
    const { json } = await runCleanroomJson('policy', 'hash', at('policy.rego'));
    assert.equal((json['result'] as Verification).policyHash, policyHash);
  });

  it('prints the exact text on stdout, with no line break more', async () => {
    const { stdout } = await runCleanroom('policy', 'generate', '-f', at('contract.yaml'), ...images());
    assert.equal(stdout, await readFile(at('policy.rego'), 'utf8'));
  });

  it('names the command that fetches an image that was not given', async () => {
    const { code, json } = await runCleanroomJson('policy', 'generate', '-f', at('contract.yaml'));
    const error = json['error'] as { code: string; hint: string };
    assert.equal(code, 3);
    assert.equal(error.code, 'IMAGE_ARCHIVE_MISSING');
    assert.ok(error.hint.includes('skopeo copy docker://'));
  });

  it('I12: refuses an archive of another image than the contract names', async () => {
    const swapped = ['--image', `summarizer=${at('skr.tar')}`, '--image', `skr=${at('skr.tar')}`];
    const { code } = await runCleanroomJson('policy', 'generate', '-f', at('contract.yaml'), ...swapped);
    assert.equal(code, 3);
  });

  it('refuses --image for a container that the contract lacks', async () => {
    const { json } = await runCleanroomJson(
      'policy',
      'generate',
      '-f',
      at('contract.yaml'),
      '--image',
      'web=x.tar',
    );
    assert.equal((json['error'] as { code: string }).code, 'IMAGE_NAME_UNKNOWN');
  });

  it('proves contract and keys by policy file, key and images, and leaves open whose program an unknown image is', async () => {
    const { code, result } = await verify(
      ...images(),
      '--policy',
      at('policy.rego'),
      '--release-policy',
      `notes=${at('release.json')}`,
    );
    assert.deepEqual([code, result.verdict], [5, 'unproven']);
    assert.deepEqual(
      result.statements.filter(({ status }) => status === 'proven').map(({ id }) => id),
      ['POLICY', 'CONTRACT', 'KEYS'],
    );
    assert.equal(statusOf(result, 'ROOM_POLICY'), 'skip');
  });

  it('works offline with the policy file alone, and lists what it could not check', async () => {
    const { code, result } = await verify('--policy', at('policy.rego'));
    assert.equal(code, 5);
    assert.equal(statusOf(result, 'POLICY_RECOMPUTED'), 'skip');
    assert.equal(statusOf(result, 'CONTRACT_PINNED'), 'pass');
  });

  it('I5: says which variable differs in a policy file that drifted, and exits 4', async () => {
    const text = await readFile(at('policy.rego'), 'utf8');
    await writeFile(
      at('drifted.rego'),
      text.replace('CLEANROOM_SAS_RESULT=(?:', 'CLEANROOM_SAS_RESULT=(?: |'),
    );
    const { code, result } = await verify(...images(), '--policy', at('drifted.rego'));
    assert.equal(code, 4);
    const check = result.checks.find(({ id }) => id === 'POLICY_FILE')!;
    assert.equal(check.status, 'fail');
    assert.ok(check.reason!.includes('CLEANROOM_SAS_RESULT of summarizer'));
  });

  it('refuses a key that is bound to another policy, and exits 5', async () => {
    const { code, result } = await verify(
      ...images(),
      '--release-policy',
      `notes=${at('other-release.json')}`,
    );
    assert.equal(code, 5);
    assert.equal(statusOf(result, 'KEY_RELEASE_POLICY'), 'fail');
  });

  it('refuses a room whose HOST_DATA is another policy’s', async () => {
    const { code, result } = await verify(...images(), '--host-data', 'c'.repeat(64));
    assert.equal(code, 5);
    assert.equal(statusOf(result, 'HOST_DATA'), 'fail');
  });

  it('I6: refuses a policy file that pins another contract', async () => {
    const text = await readFile(at('policy.rego'), 'utf8');
    await writeFile(
      at('other.rego'),
      text.replace(/CLEANROOM_CONTRACT_DIGEST=[0-9a-f]{64}/, `CLEANROOM_CONTRACT_DIGEST=${'0'.repeat(64)}`),
    );
    const { code, result } = await verify('--policy', at('other.rego'));
    assert.equal(code, 5);
    assert.equal(statusOf(result, 'CONTRACT_PINNED'), 'fail');
  });

  it('injects the policy of a template into it, and the template then has that hash', async () => {
    const generated = await runCleanroomJson(
      ...['policy', 'generate', '--template', at('template.json'), '--inject'],
      ...['--image', `web=${at('summarizer.tar')}`],
    );
    assert.equal(generated.code, 0);
    const hashed = await runCleanroomJson('policy', 'hash', at('template.json'));
    assert.equal(
      (hashed.json['result'] as Verification).policyHash,
      (generated.json['result'] as Verification).policyHash,
    );
  });
});

function templateOf(image: string): unknown {
  return {
    parameters: {},
    resources: [
      {
        type: 'Microsoft.ContainerInstance/containerGroups',
        name: 'room',
        properties: {
          containers: [{ name: 'web', properties: { image, command: ['node', '/app/summarizer.js'] } }],
        },
      },
    ],
  };
}
