// A verdict for people: the answer first, then the checks that failed, those that passed, and those not made.

import { isCheckId } from '../attestation/check-ids.js';
import { AS_EXPECTED } from '../attestation/check-log.js';
import { describeReference } from '../evidence/describe-reference.js';
import { remedyOf } from '../evidence/check-remedies.js';
import { isWarning } from '../evidence/evidence-chain.js';
import type { Check, Verdict } from '../base/verdict/check.js';
import type { Judgement, Statement, Subject } from '../base/verdict/statement.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

const ID_WIDTH = 22;
const VALUE_WIDTH = 72;

export type Detail = 'statements' | 'every check';

/**
 * Some ten lines for a terminal: the answer, a line a statement, what failed, what is to be known, and the answer again.
 *
 * @param seeMore - how the same command shows every check
 */
export function renderJudgement(
  judgement: Judgement & Partial<Subject>,
  detail: Detail = 'statements',
  seeMore = '--verbose lists them',
): string {
  const { verdict, statements, checks, warnings } = judgement;
  const failed = checks.filter((check) => check.status === 'fail');
  const shown = statements.filter(({ demanded, status }) => demanded || status !== 'unproven');
  const others = statements.filter(({ demanded, status }) => !demanded && status === 'unproven');
  const answer = `${verdict}  ${describeTrust(judgement)}`;
  return [
    answer,
    ...renderSubject(judgement),
    ...shown.flatMap(renderStatement),
    ...(others.length === 0 ? [] : [`  not asked    ${others.map(({ id }) => id).join(', ')}`]),
    ...failed.flatMap(renderFailure),
    ...warnings.map((warning) => `  warning      ${escapeTerminal(oneLine(warning))}`),
    ...(detail === 'every check' ? checks.flatMap(renderCheckLine) : [summarize(checks, seeMore)]),
    answer,
  ].join('\n');
}

/* Which contract, between whom, and at what time it was judged. */
function renderSubject({ contract, at, reference }: Partial<Subject>): readonly string[] {
  const about =
    contract == null
      ? []
      : [
          `  contract     ${contract.name} between ${contract.parties.join(', ')} (${contract.digest.slice(0, 12)}…)`,
        ];
  const when = at === undefined ? [] : [`  judged at    ${at}`];
  const known = reference === undefined ? [] : [`  reference    values ${describeReference(reference)}`];
  return [...about.map(escapeTerminal), ...when, ...known];
}

function describeTrust({ verdict, trust, checkedAgainst, scope }: Judgement): string {
  if (verdict !== 'accepted') return `scope: ${scope}, checked against ${checkedAgainst}`;
  return `scope: ${scope}, trust: ${trust ?? 'none: no statement about a room'}`;
}

function renderStatement({ id, status, text, missing }: Statement): readonly string[] {
  const line = `  ${status.padEnd(12)} ${id.padEnd(9)} ${escapeTerminal(text)}`;
  return missing === undefined
    ? [line]
    : [line, `               would be proven by ${escapeTerminal(missing)}`];
}

function renderCheckLine(check: Check): readonly string[] {
  if (check.status === 'fail') return [];
  if (isWarning(check)) return [line('warn', check.id, reasonOf(check))];
  return [
    check.status === 'pass' ? line('ok', check.id, found(check)) : line('skip', check.id, reasonOf(check)),
  ];
}

function summarize(checks: readonly Check[], seeMore: string): string {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return `  checks       ${count('pass')} passed, ${count('fail')} failed, ${count('skip')} not made (${seeMore})`;
}

/** Lines for a terminal; every value from outside is escaped. */
export function renderVerdict({ verdict, trust, checks }: Verdict): string {
  const failed = checks.filter((check) => check.status === 'fail');
  const passed = checks.filter((check) => check.status === 'pass');
  const skipped = checks.filter((check) => check.status === 'skip');
  const made = failed.length + passed.length;
  const answer = failed.length === 0 ? `${made} checks passed` : `${failed.length} of ${made} checks failed`;
  const head = `${verdict}  ${answer}, ${skipped.length} not made`;
  return [
    `${head.padEnd(64)} trust: ${trust}`,
    ...failed.flatMap(renderFailure),
    ...skipped.filter(isWarning).map((check) => line('warn', check.id, reasonOf(check))),
    ...passed.map((check) => line('ok', check.id, found(check))),
    ...skipped.filter((check) => !isWarning(check)).map((check) => line('skip', check.id, reasonOf(check))),
  ].join('\n');
}

function renderFailure(check: Check): readonly string[] {
  const { expected = '', actual = '', reason } = check;
  const values =
    reason === actual ? reasonOf(check) : `expected ${shorten(expected)}, found ${shorten(actual)}`;
  const why = reason === undefined || reason === actual ? [] : [`        ${reasonOf(check)}`];
  const remedy = isCheckId(check.id) ? remedyOf(check.id) : undefined;
  const advice = remedy === undefined ? [] : [`        try: ${remedy}`];
  return [line('fail', check.id, expected === '' ? '' : values), ...why, ...advice];
}

/* Nothing where there is no value: that it is as expected, the mark says. */
function found({ actual = AS_EXPECTED }: Check): string {
  return actual === AS_EXPECTED ? '' : shorten(actual);
}

function line(mark: string, id: string, detail: string): string {
  return `  ${mark.padEnd(5)} ${escapeTerminal(id).padEnd(ID_WIDTH)}  ${detail}`.trimEnd();
}

function reasonOf({ reason = '' }: Check): string {
  return escapeTerminal(oneLine(reason.replace(/^warning: /, '')));
}

function shorten(value: string): string {
  const text = escapeTerminal(oneLine(value));
  return text.length <= VALUE_WIDTH ? text : `${text.slice(0, 40)}…${text.slice(-24)}`;
}

function oneLine(text: string): string {
  return text.replace(/[\t\n]+/g, ' ');
}
