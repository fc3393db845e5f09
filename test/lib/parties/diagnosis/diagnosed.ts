// What `why` is asked in tests, and what it knows.

import assert from 'node:assert/strict';
import { parsePolicy, type KnownPolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { diagnose } from '../../../../src/lib/parties/diagnosis/diagnose.js';
import {
  type Diagnosis,
  noReferences,
  type References,
} from '../../../../src/lib/parties/diagnosis/diagnosis.js';
import { renderPolicy } from '../../../../src/lib/cce-policy/text/render-policy.js';
import { expectedContent, policyVector } from '../../../support/policy-vectors.js';

export const NOW = new Date(1_700_000_100_000);

export const NOTHING = noReferences(NOW);

export const POLICY = parsePolicy(
  renderPolicy(expectedContent(policyVector('command-1x')), { profile: '1.x', layout: 'compact' }).text,
);

export const first = (text: string, references: References = NOTHING): Diagnosis => {
  const [diagnosis] = diagnose(text, references);
  assert.ok(diagnosis !== undefined, 'nothing was recognised');
  return diagnosis;
};

export const failedClaims = ({ claims }: Diagnosis): readonly string[] =>
  claims.filter(({ holds }) => !holds).map(({ claim }) => claim);

export function knownPolicy(): KnownPolicy {
  assert.equal(POLICY.form, 'known');
  return POLICY;
}
