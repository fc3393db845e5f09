// From checks to a verdict: the one decision, made once, at the end.

import { type CheckId, isCheckId, CHECKS } from '../attestation/check-ids.js';
import { inOrder } from '../attestation/check-log.js';
import type { Check, Trust } from '../base/verdict/check.js';
import type { Judgement, Statement } from '../base/verdict/statement.js';
import type { Question } from './question.js';
import { judgeStatements } from './statements.js';

export interface Ground {
  /** Whether any anchor, or the contract, is emulated. */
  readonly emulated: boolean;
}

/**
 * Decides: refused if a check failed; accepted if besides every demanded statement is proven and every demanded check was
 * made; else unproven. A demanded check that could not be made has failed where the verifier stated a value for it.
 */
export function judge(
  made: readonly Check[],
  question: Question,
  { emulated }: Ground,
): Omit<Judgement, 'warnings'> {
  const checks = inOrder(withFailures([...made, ...neverMade(made, question)], question.stated));
  const checkedAgainst = emulated ? 'emulated roots' : 'pinned roots';
  const statements = judgeStatements(checks, question.statements, checkedAgainst);
  const verdict = decide(checks, statements, question);
  return {
    verdict,
    trust: verdict === 'accepted' ? trustOf(statements, emulated) : null,
    checkedAgainst,
    scope: question.scope,
    statements,
    checks,
  };
}

function decide(
  checks: readonly Check[],
  statements: readonly Statement[],
  question: Question,
): Judgement['verdict'] {
  if (checks.some(({ status }) => status === 'fail')) return 'refused';
  const passed = (id: string): boolean =>
    checks.some((check) => check.id === id) &&
    checks.filter((check) => check.id === id).every(({ status }) => status === 'pass');
  const proven = statements.every(({ demanded, status }) => !demanded || status === 'proven');
  const anything = question.statements.size + question.checks.size > 0;
  return anything && proven && [...question.checks].every(passed) ? 'accepted' : 'unproven';
}

/* An expectation that the verifier stated and that could not be compared with anything is not met. */
function withFailures(made: readonly Check[], stated: readonly CheckId[]): readonly Check[] {
  return made.map((check) =>
    check.status === 'skip' && stated.some((id) => id === check.id)
      ? {
          ...check,
          status: 'fail' as const,
          reason: `you stated it, and it could not be checked: ${check.reason ?? 'no reason given'}`,
        }
      : check,
  );
}

function neverMade(made: readonly Check[], { checks }: Question): readonly Check[] {
  return [...checks]
    .filter((id) => !made.some((check) => check.id === id))
    .map((id) => ({
      id,
      status: 'skip' as const,
      reason: 'there is nothing in the evidence that it could be made on',
      ...(isCheckId(id) ? { spec: CHECKS[id].spec } : {}),
    }));
}

function trustOf(statements: readonly Statement[], emulated: boolean): Trust | null {
  const proven = (id: Statement['id']): boolean =>
    statements.some((statement) => statement.id === id && statement.status === 'proven');
  const hardware = proven('HARDWARE') && proven('GUEST');
  if (!hardware && !proven('SERVICE')) return null;
  if (emulated) return 'emulated';
  return hardware ? 'hardware' : 'service';
}
