// Checks for people: one a line, with what was expected and found where it failed.

import type { Check } from '../base/verdict/check.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

const LABEL = { pass: 'ok  ', fail: 'FAIL', skip: 'skip' } as const;

export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  return checks.map((check) => escapeTerminal(renderCheck(check, width))).join('\n');
}

function renderCheck(check: Check, width: number): string {
  const head = `  ${LABEL[check.status]}  ${check.id.padEnd(width)}  `;
  if (check.status === 'pass') return `${head}${check.actual ?? ''}`.trimEnd();
  if (check.status === 'skip') return `${head}${check.reason ?? 'not checked'}`;
  const comparison =
    check.expected === undefined ? '' : `expected ${check.expected}, found ${check.actual ?? 'nothing'}`;
  return `${head}${[comparison, check.reason ?? ''].filter((part) => part !== '').join('; ')}`;
}
