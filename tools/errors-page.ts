// docs/reference/errors.md and docs/reference/exit-codes.md from the table of error codes.

import { ERROR_CODES, EXIT, type ErrorEntry } from '../src/lib/base/error-codes.js';

const EXIT_TEXT: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Done, or accepted.',
  bug: 'A fault of cleanroom itself.',
  usage: 'The command line is wrong or incomplete.',
  badInput: 'An input file is missing, unreadable or malformed.',
  unsafe: 'The input is unsafe (lint), or has drifted.',
  refused: 'Evidence, a policy or consent was refused, or could not be proven.',
  service: 'A service refused, or could not be reached.',
  interrupted: 'Ctrl-C, or another signal ended the process.',
};

/** The text of docs/reference/errors.md. */
export function renderErrorsPage(): string {
  const entries: readonly (readonly [string, ErrorEntry])[] = Object.entries(ERROR_CODES);
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const pages = sorted.map(
    ([code, { exit, summary, fix }]) => `## ${code}\n\n${escapeMarkdown(summary)}\n\n- Exit code: [${exit}](exit-codes.md)\n- What to do: ${escapeMarkdown(fix)}\n`,
  );
  return [
    '# Errors\n',
    'Generated from `src/lib/base/error-codes.ts`; do not edit. Every error that a command ends with has one of these codes, in the',
    'JSON envelope (`error.code`) and on the terminal. The message of the error describes the case at hand. `cleanroom why CODE` prints',
    'the text of this page, and `cleanroom why FILE` explains a whole error.\n',
    ...pages,
  ].join('\n');
}

/** The text of docs/reference/exit-codes.md. */
export function renderExitCodesPage(): string {
  const rows = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => {
    const codes = Object.entries(ERROR_CODES as Readonly<Record<string, ErrorEntry>>)
      .filter(([, { exit }]) => exit === EXIT[name])
      .map(([code]) => `- [${code}](errors.md#${code.toLowerCase()})`);
    return `## ${EXIT[name]}\n\n${EXIT_TEXT[name]}\n\n${codes.length === 0 ? 'No error has it.' : codes.sort().join('\n')}\n`;
  });
  return [
    '# Exit codes\n',
    'Generated from `src/lib/base/error-codes.ts`; do not edit. The same with and without `--json`. A verdict that refuses is a result',
    '(`ok` is true in the envelope) and ends with 5.\n',
    ...rows,
  ].join('\n');
}

function escapeMarkdown(text: string): string {
  return text.replace(/([<>|*])/g, '\\$1');
}
