// The policy of a contract: what it pins, what it leaves open, what it refuses to contain.

import assert from 'node:assert/strict';

import { createEnforcer } from '../../../../src/lib/emulator/guest/enforcer.js';
import type { PolicyEnforcer } from '../../../../src/lib/emulator/guest/policy-enforcer.js';
import { generateContractPolicy } from '../../../../src/lib/cce-policy/generate/contract-policy.js';
import type { ContainerRule } from '../../../../src/lib/cce-policy/policy-document.js';
import { UNPRIVILEGED_CAPABILITIES, unprivilegedSets } from '../../../../src/lib/cce-policy/text/defaults.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import type { CleanroomError } from '../../../../src/lib/base/errors.js';
import type { MeasuredImage } from '../../../../src/lib/cce-policy/measured-image.js';
import { startContainer } from '../../../support/policy-host.js';
import {
  contractValue,
  measuredImage,
  parsedContract,
  roomImages,
  SUMMARIZER_REFERENCE,
} from '../../../support/room-fixture.js';

const SAS = 'sv=2024-11-04&spr=https&se=2027-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=abcDEF0123%2B%2F%3D';

function generate(
  images: ReadonlyMap<string, MeasuredImage> = roomImages(),
): ReturnType<typeof generateContractPolicy> {
  return generateContractPolicy({ parsed: parsedContract(), tlsRoots: null, images });
}

function ruleOf(name: string): ContainerRule {
  const model = parsePolicy(generate().text);
  assert.ok(model.form === 'known');
  return model.containers.find((container) => container.name === name)!;
}

function guest(anchoring: 'anchored' | 'unanchored' = 'anchored'): PolicyEnforcer {
  return createEnforcer(parsePolicy(generate().text), { anchoring });
}

function isError(code: string): (error: unknown) => boolean {
  return (error) => (error as CleanroomError).code === code;
}

function withSummarizerImage(image: MeasuredImage): ReadonlyMap<string, MeasuredImage> {
  return new Map([...roomImages(), ['summarizer', image]]);
}

describe('policy of a contract', () => {
  it('is the same text for the same contract and images', () => {
    assert.equal(generate().text, generate().text);
  });

  it('pins the contract digest as an exact, required variable', () => {
    const { digest } = parsedContract();
    assert.deepEqual(ruleOf('summarizer').env_rules[0], {
      pattern: `CLEANROOM_CONTRACT_DIGEST=${digest}`,
      required: true,
      strategy: 'string',
    });
  });

  it('lists the containers in the order of the contract, the pause container last', () => {
    const model = parsePolicy(generate().text);
    assert.ok(model.form === 'known');
    assert.deepEqual(
      model.containers.map(({ name }) => name),
      ['summarizer', 'skr', 'pause-container'],
    );
  });

  it('gives our own program a user without rights, no capability and no way to gain one, and the sidecar what its maker starts it with', () => {
    const {
      user,
      capabilities,
      no_new_privileges: confined,
      allow_elevated: elevated,
    } = ruleOf('summarizer');
    const id = { pattern: '65532', strategy: 'id' };
    assert.deepEqual([user.user_idname, user.group_idnames], [id, [id]]);
    assert.deepEqual([capabilities, confined, elevated], [unprivilegedSets([]), true, false]);
    assert.deepEqual(ruleOf('skr').capabilities, unprivilegedSets(UNPRIVILEGED_CAPABILITIES));
  });

  it('keeps stdio of every container from the host unless the contract opens it', () => {
    const model = parsePolicy(generate().text);
    assert.ok(model.form === 'known');
    assert.deepEqual(
      model.containers.map(({ allow_stdio_access }) => allow_stdio_access),
      [false, false, false],
    );
  });

  for (const anchoring of ['anchored', 'unanchored'] as const) {
    describe(`under a guest whose patterns are ${anchoring}`, () => {
      const rule = (): ContainerRule => ruleOf('summarizer');
      const exact = (): readonly string[] =>
        rule()
          .env_rules.filter(({ required }) => required)
          .map(({ pattern }) => pattern);

      it('starts the room with a SAS, and keeps the SAS', () => {
        const environment = [...exact(), `CLEANROOM_SAS_DATASET_NOTES=${SAS}`];
        const outcome = startContainer(guest(anchoring), rule(), { environment });
        assert.ok(outcome.allowed);
        assert.deepEqual(outcome.environment, environment);
      });

      it('takes an access token of Entra’s length', () => {
        const token = `${'h'.repeat(340)}.${'p'.repeat(2900)}.${'s'.repeat(342)}`;
        const environment = [...exact(), `CLEANROOM_ACCESS_TOKEN_NOTES=${token}`];
        const outcome = startContainer(guest(anchoring), rule(), { environment });
        assert.ok(outcome.allowed);
        assert.ok(outcome.environment.includes(`CLEANROOM_ACCESS_TOKEN_NOTES=${token}`));
      });

      for (const smuggled of [
        'NODE_OPTIONS=--require=/mnt/x.js HOSTNAME=a',
        `LD_PRELOAD=/x.so CLEANROOM_SAS_STATE=${SAS}`,
        'HTTPS_PROXY=http://host/?TMP=x',
        'MAX_TOKENS=999999',
        'CLEANROOM_SAS_STATE=a\nNODE_OPTIONS=x',
      ]) {
        it(`I7: drops ${JSON.stringify(smuggled.split('=')[0])} smuggled beside a name that is allowed`, () => {
          const outcome = startContainer(guest(anchoring), rule(), { environment: [...exact(), smuggled] });
          assert.ok(outcome.allowed);
          assert.ok(!outcome.environment.includes(smuggled));
        });
      }

      it('I6: refuses another contract digest, since the rule is exact and required', () => {
        const environment = exact().map((variable) =>
          variable.replace(/DIGEST=.*/, `DIGEST=${'0'.repeat(64)}`),
        );
        assert.equal(startContainer(guest(anchoring), rule(), { environment }).allowed, false);
      });
    });
  }

  it('refuses a container without an image', () => {
    assert.throws(() => generate(new Map()), isError('IMAGE_ARCHIVE_MISSING'));
  });

  it('I12: refuses an archive of another digest than the contract names', () => {
    const other = measuredImage(SUMMARIZER_REFERENCE.replace('1111', '3333'), ['base']);
    assert.throws(() => generate(withSummarizerImage(other)), isError('IMAGE_MISMATCH'));
  });

  it('I12: another layer gives another hash', () => {
    const other = measuredImage(SUMMARIZER_REFERENCE, ['base', 'mirrored']);
    assert.notEqual(generate(withSummarizerImage(other)).hash, generate().hash);
  });

  it('refuses an image without layers rather than allowing nothing', () => {
    const empty = measuredImage(SUMMARIZER_REFERENCE, []);
    assert.throws(() => generate(withSummarizerImage(empty)), isError('POLICY_LAYERS_EMPTY'));
  });

  it('refuses an image without a command', () => {
    const image = measuredImage(SUMMARIZER_REFERENCE, ['base'], { entrypoint: [], cmd: null });
    assert.throws(() => generate(withSummarizerImage(image)), isError('POLICY_COMMAND_EMPTY'));
  });

  it('refuses an image for another processor', () => {
    const image = measuredImage(SUMMARIZER_REFERENCE, ['base'], { architecture: 'arm64' });
    assert.throws(() => generate(withSummarizerImage(image)), isError('IMAGE_PLATFORM'));
  });

  for (const [what, variable] of [
    ['a SAS', `BLOB=https://fabrikamdata.blob.core.windows.net/c/b?${SAS}`],
    ['a token', `TOKEN=${['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJ4In0', 'c2lnbmF0dXJl'].join('.')}`],
    ['a SAS in base64', `ARGS=${Buffer.from(`{"sas":"?${SAS}"}`).toString('base64')}`],
  ] as const) {
    it(`refuses an image whose environment holds ${what}`, () => {
      const image = measuredImage(SUMMARIZER_REFERENCE, ['base'], { env: [variable] });
      assert.throws(() => generate(withSummarizerImage(image)), isError('SECRET_IN_POLICY'));
    });
  }

  it('I4: an opened stdio in the contract changes the hash', () => {
    const value = contractValue();
    value.room['stdio'] = true;
    const opened = generateContractPolicy({
      parsed: parsedContract(value),
      tlsRoots: null,
      images: roomImages(),
    });
    assert.notEqual(opened.hash, generate().hash);
  });
});
