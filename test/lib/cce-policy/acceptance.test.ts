// Findings that were reviewed: each by id and digest, and for the image that was reviewed.

import assert from 'node:assert/strict';

import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { applyAcceptances, parseAcceptances } from '../../../src/lib/cce-policy/lint/acceptance.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';

const CLEAN = generateContractPolicy({ parsed: parsedContract(), tlsRoots: null, images: roomImages() }).text;
const PROBED = CLEAN.replace(
  '"exec_processes":[]',
  '"exec_processes":[{"command":["/app/probe"],"signals":[]}]',
);

function fileOf(entries: readonly unknown[]): string {
  return JSON.stringify({ accepted: entries });
}

function probeFinding(text: string) {
  const found = lintPolicy(parsePolicy(text)).find(({ id }) => id === 'EXEC_ALLOWED');
  assert.ok(found !== undefined);
  return found;
}

const REVIEWED = { id: 'EXEC_ALLOWED', digest: probeFinding(PROBED).digest, reason: 'the probe was read' };

describe('accepted findings', () => {
  it('I4: lists a finding that was reviewed with its reason', () => {
    const { findings, unused } = applyAcceptances(
      lintPolicy(parsePolicy(PROBED)),
      parseAcceptances(fileOf([REVIEWED])),
    );
    assert.deepEqual(unused, []);
    const accepted = findings.filter((finding) => finding.accepted !== null);
    assert.deepEqual(
      accepted.map(({ id, accepted: reason }) => [id, reason]),
      [['EXEC_ALLOWED', 'the probe was read']],
    );
  });

  for (const [what, text] of [
    ['another process', PROBED.replace('/app/probe', '/app/other')],
    ['another image', PROBED.replace(/"layers":\["[0-9a-f]{64}/, `"layers":["${'0'.repeat(64)}`)],
    ['another command', PROBED.replace('"command":["node"', '"command":["deno"')],
    ['another container', PROBED.replaceAll('"name":"summarizer"', '"name":"other"')],
  ] as const) {
    it(`I4: does not take an acceptance for ${what}`, () => {
      const { findings, unused } = applyAcceptances(
        lintPolicy(parsePolicy(text)),
        parseAcceptances(fileOf([REVIEWED])),
      );
      assert.ok(findings.every(({ accepted }) => accepted === null));
      assert.equal(unused.length, 1);
    });
  }

  for (const [what, text] of [
    ['no JSON', 'accepted'],
    ['a list alone', '[]'],
    ['a member that is not known', JSON.stringify({ accepted: [], all: true })],
    ['an id that lint has not', fileOf([{ ...REVIEWED, id: 'EVERYTHING' }])],
    ['a finding without digest', fileOf([{ id: 'EXEC_ALLOWED', reason: 'x' }])],
    ['a digest of other length', fileOf([{ ...REVIEWED, digest: '00' }])],
    ['an empty reason', fileOf([{ ...REVIEWED, reason: ' ' }])],
    ['a policy that allows everything', fileOf([{ ...REVIEWED, id: 'POLICY_ALLOW_ALL' }])],
    ['a text that is not understood', fileOf([{ ...REVIEWED, id: 'POLICY_FORM' }])],
    ['a secret', fileOf([{ ...REVIEWED, id: 'SECRET_IN_POLICY' }])],
  ] as const) {
    it(`I4: refuses a file of acceptances with ${what}`, () => {
      assert.throws(() => parseAcceptances(text), { code: 'LINT_ACCEPTANCE_INVALID' });
    });
  }
});
