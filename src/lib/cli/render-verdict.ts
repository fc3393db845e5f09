// A verdict for people: the answer first, then the checks that failed, those that passed, and those not made.

import { isCheckId } from '../attestation/check-ids.js';
import { AS_EXPECTED } from '../attestation/check-log.js';
import { REMEDIES } from '../evidence/check-remedies.js';
import { isWarning } from '../evidence/evidence-chain.js';
import type { Check, Verdict } from '../base/verdict/check.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

const ID_WIDTH = 22;
const VALUE_WIDTH = 72;

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
  const remedy = isCheckId(check.id) ? REMEDIES[check.id] : undefined;
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
