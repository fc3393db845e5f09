// The published samples, from their ARM templates: byte for byte what confcom wrote (test/vectors/policy).

import assert from 'node:assert/strict';

import { parseTemplate } from '../../../../src/lib/cce-policy/generate/arm-template.js';
import {
  DEPLOYMENT_DEFAULTS,
  type DeploymentPolicyOptions,
  deploymentPolicyContent,
} from '../../../../src/lib/cce-policy/generate/deployment-policy.js';
import { renderPolicy } from '../../../../src/lib/cce-policy/text/render-policy.js';
import type { Sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import type { CleanroomError } from '../../../../src/lib/base/errors.js';
import {
  type PolicyVector,
  policyVector,
  policyVectors,
  profileOf,
} from '../../../support/policy-vectors.js';
import { imageConfig } from '../../../support/room-fixture.js';

const CONTOSO_FRAGMENT = policyVector('command-next-fragment').expected.fragments[1]!;

function optionsOf(vector: PolicyVector): DeploymentPolicyOptions {
  const { flags } = vector.input;
  const svn = flags.find((flag) => flag.startsWith('--infrastructure-svn'));
  return {
    ...DEPLOYMENT_DEFAULTS,
    profile: profileOf(vector),
    missingCommand: 'as-confcom',
    debug: flags.includes('--debug-mode'),
    infrastructureSvn: svn?.split(' ')[1] ?? null,
    excludeDefaultFragments: flags.includes('--exclude-default-fragments'),
    fragments: flags.some((flag) => flag.startsWith('--include-fragments')) ? [CONTOSO_FRAGMENT] : [],
    sortEnvironment: vector.name === 'minimal-sorted-env',
  };
}

function contentOf(vector: PolicyVector, changes: Partial<DeploymentPolicyOptions> = {}) {
  const [deployment] = parseTemplate(JSON.stringify(vector.input.arm_template), {
    parameters: null,
    unresolved: 'refuse',
  });
  const layers = vector.input.image.layer_root_hashes.map((hash) => ({
    rootHash: hash as Sha256Hex,
    diffId: hash as Sha256Hex,
    bytes: 1,
  }));
  const config = imageConfig({ entrypoint: null, env: vector.input.image.config.Env });
  const images = new Map(deployment!.containers.map(({ name }) => [name, { layers, config }]));
  return deploymentPolicyContent(deployment!, images, { ...optionsOf(vector), ...changes });
}

describe('policy of an ARM template', () => {
  for (const vector of policyVectors()) {
    it(`${vector.name}: byte for byte what confcom wrote`, () => {
      const options = { profile: profileOf(vector), layout: 'compact' } as const;
      const { hash, text } = renderPolicy(contentOf(vector), options);
      assert.equal(text.length, vector.expected.outraw_bytes);
      assert.equal(hash, vector.expected.outraw_sha256);
    });
  }

  it('refuses a container that no guest would start, unless confcom’s form is asked for', () => {
    assert.throws(
      () => contentOf(policyVector('env-1x'), { missingCommand: 'refuse' }),
      (error) => (error as CleanroomError).code === 'POLICY_COMMAND_EMPTY',
    );
  });

  it('keeps stdio of containers and pause from the host', () => {
    const content = contentOf(policyVector('command-1x'), { stdio: false });
    assert.deepEqual(
      content.containers.map(({ allow_stdio_access }) => allow_stdio_access),
      [false, false],
    );
  });
});
