// A verdict for people: the answer first, then the checks that failed, those that passed, and those not made.

import { isWarning } from '../audit/evidence-chain.js';
import type { Check, Verdict } from '../verdict/check.js';
import { escapeTerminal } from './escape-terminal.js';

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
    ...passed.map((check) => line('ok', check.id, shorten(check.actual ?? ''))),
    ...skipped.filter((check) => !isWarning(check)).map((check) => line('skip', check.id, reasonOf(check))),
  ].join('\n');
}

function renderFailure(check: Check): readonly string[] {
  const values = [
    ...(check.expected === undefined ? [] : [`expected ${shorten(check.expected)}`]),
    ...(check.actual === undefined ? [] : [`found ${shorten(check.actual)}`]),
  ];
  const reason = check.reason === undefined ? [] : [`        ${reasonOf(check)}`];
  return [line('fail', check.id, values.join(', ')), ...reason];
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
