// What guests say when they could not ask the policy: one text, in place of a list of errors.

import assert from 'node:assert/strict';

import { findPolicyDenial } from '../../../../src/lib/cce-policy/read/denial.js';
import { diagnose } from '../../../../src/lib/parties/diagnosis/diagnose.js';
import { noReferences } from '../../../../src/lib/parties/diagnosis/diagnosis.js';

const POLICY_ERROR =
  '3 errors occurred: policy:7: rego_type_error: undefined ref: data.framework.create_contianer';
const INVALID = 'Security policy is either not valid.';

function marked(decision: unknown): string {
  return `create failed: policyDecision< ${Buffer.from(JSON.stringify(decision)).toString('base64')} >policyDecision`;
}

describe('denials without a list of errors', () => {
  it('hold what the guest says of the policy', () => {
    const denial = findPolicyDenial(
      marked({
        decision: 'deny',
        input: { rule: 'create_container' },
        policyError: POLICY_ERROR,
        reason: INVALID,
      }),
    );
    assert.deepEqual(
      [denial?.rule, denial?.errors, denial?.complete],
      ['create_container', [POLICY_ERROR], true],
    );
  });

  it('hold a reason that is a text', () => {
    const denial = findPolicyDenial(
      marked({ decision: 'deny', input: { rule: 'mount_device' }, reason: INVALID }),
    );
    assert.deepEqual(denial?.errors, [INVALID]);
  });

  it('hold it where the decision was cut off', () => {
    const whole = JSON.stringify({
      decision: 'deny',
      policyError: POLICY_ERROR,
      reason: INVALID,
      input: { rule: 'x' },
    });
    const cut = Buffer.from(whole.slice(0, whole.indexOf('"input"') + 10)).toString('base64');
    const denial = findPolicyDenial(`policyDecision< ${cut}`);
    assert.deepEqual([denial?.errors, denial?.complete], [[POLICY_ERROR], false]);
  });

  it('are explained as a policy that could not be evaluated, and not as cut off', () => {
    const text = marked({
      decision: 'deny',
      input: { rule: 'create_container' },
      policyError: POLICY_ERROR,
      reason: INVALID,
    });
    const [found] = diagnose(text, noReferences(new Date(0)));
    assert.ok(found !== undefined);
    assert.ok(found.what.includes('rego_type_error'), found.what);
    assert.ok(
      found.why.some((line) => line.includes('could not evaluate the policy')),
      found.why.join(),
    );
    assert.ok(![found.what, ...found.why].some((line) => line.includes('cut off')));
  });
});
