// `why` on decisions of the policy, on our own words, and on what it cannot know.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { diagnose } from '../../../../src/lib/parties/diagnosis/diagnose.js';
import { ERROR_CODES } from '../../../../src/lib/base/error-codes.js';
import {
  DEVICE_DECISION,
  DEVICE_EVENT,
  GROUP_WITH_EVENTS,
  LAYER,
  NESTED_DEPLOYMENT,
  TRUNCATED_INPUT,
} from './failures.js';
import { processorSeconds } from '../../../support/processor-time.js';
import { NOTHING, first, failedClaims, knownPolicy } from './diagnosed.js';

describe('why: policy decisions', () => {
  it('decodes a decision inside an event', () => {
    const { kind, code, what, why } = first(DEVICE_EVENT);
    assert.deepEqual([kind, code], ['policy-denial', 'POLICY_DENIED']);
    assert.match(what, /mount an image layer \(mount_device\): deviceHash not found/);
    assert.match(why.join(' '), /the image is another one/);
  });

  it('decodes a decision whose input the guest left out, and says so', () => {
    const { what, why } = first(TRUNCATED_INPUT);
    assert.match(what, /create_container\): invalid command/);
    assert.match(why.join(' '), /left out input/);
  });

  it('reads a decision by itself', () => {
    assert.equal(first(DEVICE_DECISION).code, 'POLICY_DENIED');
    assert.equal(first(Buffer.from(DEVICE_DECISION, 'base64').toString()).code, 'POLICY_DENIED');
  });

  it('reads what is there of a decision that was cut at any place behind its decision', () => {
    const whole = DEVICE_EVENT.indexOf(DEVICE_DECISION);
    for (let length = 28; length < DEVICE_DECISION.length - 4; length += 3) {
      const { kind, why } = first(DEVICE_EVENT.slice(0, whole + length));
      assert.equal(kind, 'policy-denial');
      assert.match(why.join(' '), /cut off/);
    }
    assert.match(first(DEVICE_EVENT.slice(0, whole + DEVICE_DECISION.length - 8)).what, /deviceHash not fou/);
  });

  it('finds the cause in a deployment error, three texts of JSON down', () => {
    const { kind, what } = first(NESTED_DEPLOYMENT);
    assert.equal(kind, 'policy-denial');
    assert.match(what, /deviceHash not found/);
    assert.equal(first(`ERROR: ${NESTED_DEPLOYMENT}`).kind, 'policy-denial');
    assert.equal(first(JSON.stringify(NESTED_DEPLOYMENT).slice(1, -1)).kind, 'policy-denial');
  });

  it('finds it in the events of a container group', () => {
    const found = diagnose(GROUP_WITH_EVENTS, NOTHING);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['policy-denial', 'container-group'],
    );
  });

  it('compares the layer with the policy that is meant to run', () => {
    const policy = knownPolicy();
    const missing = first(DEVICE_EVENT, { ...NOTHING, policy });
    assert.deepEqual(failedClaims(missing), ['deviceHash']);
    const layer = policy.containers[0]!.layers[0]!;
    const known = first(DEVICE_EVENT.replace(DEVICE_DECISION, DEVICE_DECISION_OF(layer)), {
      ...NOTHING,
      policy,
    });
    assert.deepEqual(failedClaims(known), []);
    assert.match(known.why.join(' '), /deployed with another policy/);
  });

  it('compares the command word by word, and shows no value of a variable', () => {
    const denial = Buffer.from(
      JSON.stringify({
        decision: 'deny',
        input: { rule: 'create_container', argList: ['sh'], envList: ['TOKEN=s3cret', 'PATH=<<redacted>>'] },
        reason: { errors: ['invalid command', 'invalid env list: TOKEN=s3cret,PATH=/x'] },
      }),
    ).toString('base64');
    const diagnosis = first(denial, { ...NOTHING, policy: knownPolicy() });
    assert.ok(failedClaims(diagnosis).some((claim) => claim.endsWith(' command')));
    assert.doesNotMatch(JSON.stringify(diagnosis), /s3cret/);
  });
});

describe('why: our own words', () => {
  it('has an explanation and a fix for every error code', () => {
    for (const code of Object.keys(ERROR_CODES)) {
      const diagnosis = first(code);
      assert.equal(diagnosis.code, code);
      assert.notEqual(diagnosis.fix[0], '');
    }
  });

  it('reads the envelope of --json, the line of a terminal, and a verdict', () => {
    const envelope =
      '{"ok":false,"error":{"code":"CONSENT_MISSING","message":"1 of 2","hint":"sign"},"warnings":[]}';
    assert.equal(first(envelope).code, 'CONSENT_MISSING');
    assert.equal(
      first('- deploying\nerror KEY_RELEASE_DENIED: the room does not get it\n  try why\n').code,
      'KEY_RELEASE_DENIED',
    );
    const verdict =
      '{"ok":true,"result":{"verdict":"refused","trust":"hardware","checks":[{"id":"HOST_DATA","status":"fail","expected":"a","actual":"b"}]},"warnings":[]}';
    assert.deepEqual(failedClaims(first(verdict)), ['HOST_DATA']);
  });

  it('points to the command for a document that is no failure', () => {
    assert.match(first('{"type":"cleanroom-evidence","version":1}').fix[0]!, /cleanroom verify/);
    assert.match(first('package policy\n').fix[0]!, /policy show FILE --explain/);
  });
});

describe('why: what it cannot know', () => {
  it('finds nothing in prose, numbers and empty objects', () => {
    for (const text of ['', 'hello', '42', '{}', '[]', '{"a":{"b":[1,2]}}', 'an error occurred'])
      assert.deepEqual(diagnose(text, NOTHING), [], text);
  });

  it('never throws and stays bounded, whatever the text is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => Array.isArray(diagnose(text, NOTHING))));
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => Array.isArray(diagnose(text, NOTHING))));
  });

  it('ends soon on depth, braces without end, and JSON in JSON without end', async () => {
    let nested = '{"error":{"code":"X","message":"y"}}';
    for (let depth = 0; depth < 14; depth++) nested = JSON.stringify({ message: nested });
    for (const hostile of [
      '{'.repeat(1_000_000),
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      '{"a":'.repeat(100_000),
      nested,
      '.'.repeat(2_000_000),
      'eyJ.'.repeat(300_000),
      '\n'.repeat(1_000_000),
      ' '.repeat(1_000_000),
      'Code: Abc\n\n'.repeat(100_000),
      'policyDecision<\n'.repeat(70_000),
      `policyDecision<eyJk${' '.repeat(1_000_000)}`,
      `{"decision":"deny","errors":[${'"a" '.repeat(200_000)}`,
      'WWW-Authenticate: '.repeat(60_000),
    ]) {
      const seconds = await processorSeconds(() => diagnose(hostile, NOTHING));
      assert.ok(seconds < 5, `took ${seconds} s of processor time`);
    }
  });
});

function DEVICE_DECISION_OF(layer: string): string {
  return Buffer.from(Buffer.from(DEVICE_DECISION, 'base64').toString().replace(LAYER, layer)).toString(
    'base64',
  );
}
