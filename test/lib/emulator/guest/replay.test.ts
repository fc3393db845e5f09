// Every question that was put to Microsoft's own guest, put to ours.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { createEnforcer } from '../../../../src/lib/emulator/guest/enforcer.js';
import type { PolicyEnforcer } from '../../../../src/lib/emulator/guest/policy-enforcer.js';
import type { ContainerPermission, Denial } from '../../../../src/lib/emulator/guest/requests.js';
import { ourAnswers, wordingByDesign } from '../../../peers/guest-answer.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';

interface Answer {
  readonly allowed: boolean;
  readonly environment?: readonly string[];
  readonly stdioAllowed?: boolean;
  readonly capabilities?: ContainerPermission['capabilities'];
}

interface Call {
  readonly method: keyof PolicyEnforcer;
  readonly args: readonly unknown[];
  readonly answer: Answer;
}

interface Recording {
  readonly policies: readonly string[];
  readonly sessions: readonly {
    readonly name: string;
    readonly policy: number;
    readonly calls: readonly Call[];
  }[];
}

const RECORDING = JSON.parse(
  gunzipSync(readFileSync('test/vectors/enforcer/sessions.json.gz')).toString('utf8'),
) as Recording;
/* Its own sentences at each denial (-1: allowed): hcsshim v0.15.0, `pkg/securitypolicy`, asked by test/peers/go/enforcer. */
const REASONS = JSON.parse(
  gunzipSync(readFileSync('test/vectors/enforcer/reasons.json.gz')).toString('utf8'),
) as { readonly table: readonly (readonly string[])[]; readonly reasons: readonly (readonly number[])[] };
const MODELS = RECORDING.policies.map((text) => parsePolicy(text));

function ask(guest: PolicyEnforcer, { method, args }: Call): ContainerPermission | Denial {
  const question = guest[method] as (...values: readonly unknown[]) => ContainerPermission | Denial;
  return question.apply(guest, [...args]);
}

/* What the guest and the host see of an answer: the reason is each program's own wording. */
function essence(answer: Answer): Answer {
  const { allowed, environment, stdioAllowed, capabilities } = answer;
  if (!allowed) return { allowed };
  return {
    allowed,
    ...(environment === undefined ? {} : { environment: environment.toSorted() }),
    ...(stdioAllowed === undefined ? {} : { stdioAllowed }),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

describe('the answers of Microsoft’s own guest', () => {
  const questions = RECORDING.sessions.reduce((sum, { calls }) => sum + calls.length, 0);

  it(`I4, I5: are ours, for each of ${questions} questions in ${RECORDING.sessions.length} sessions`, () => {
    assert.equal(questions, 1731);
    const wrong: string[] = [];
    for (const { name, policy, calls } of RECORDING.sessions) {
      const guest = createEnforcer(MODELS[policy]!);
      for (const [index, call] of calls.entries()) {
        const ours = essence(ask(guest, call));
        const theirs = essence(call.answer);
        try {
          assert.deepEqual(ours, theirs);
        } catch {
          wrong.push(`${name}, question ${index + 1} (${call.method}): ${JSON.stringify(ours)}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('say why they deny in the guest’s own sentences, all of them', () => {
    const wrong: string[] = [];
    let denials = 0;
    for (const [place, session] of RECORDING.sessions.entries()) {
      const ours = ourAnswers({ ...session, policy: RECORDING.policies[session.policy]! });
      for (const [index, answer] of ours.entries()) {
        const sentences = REASONS.table[REASONS.reasons[place]![index]!];
        if (sentences === undefined) continue;
        denials++;
        const theirs = { allowed: false, reasons: sentences };
        if (JSON.stringify(answer) === JSON.stringify(theirs) || wordingByDesign(answer, theirs) !== null)
          continue;
        wrong.push(
          `${session.name}, question ${index + 1}: ${JSON.stringify(answer)}, not ${JSON.stringify(theirs)}`,
        );
      }
    }
    assert.deepEqual(wrong, []);
    assert.equal(denials, 296);
  });
});
