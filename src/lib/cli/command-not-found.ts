// What is said to a command that does not exist: the same form, in text and JSON, as any other error.

import type { Hook } from '@oclif/core';
import { toConfiguredId } from '@oclif/core/util/ids';

import { CleanroomError } from '../base/errors.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

/* Farther than this it is another word, not a slip. */
const MAX_SLIPS = 3;

/** oclif's `command_not_found` hook: names the nearest command, and exits as for any wrong usage. */
const commandNotFound: Hook<'command_not_found'> = function ({ id, argv = [], config }) {
  const typed = toConfiguredId(id, config);
  const known = [...config.commandIDs, ...config.topics.map(({ name }) => name)].map((command) =>
    toConfiguredId(command, config),
  );
  const nearest = nearestTo(typed, known);
  const error = new CleanroomError('USAGE', `there is no command '${typed}'`, {
    hint: nearest === null ? 'See cleanroom --help' : `Did you mean: cleanroom ${nearest}`,
  });
  const { code, message, hint } = error;
  if (argv.includes('--json')) {
    const envelope = { ok: false, error: { code, message, hint }, warnings: [] };
    process.stdout.write(`${JSON.stringify(envelope, null, 2)}\n`);
  } else {
    process.stderr.write(`${escapeTerminal(`error ${code}: ${message}`)}\n  ${escapeTerminal(hint)}\n`);
  }
  process.exitCode = error.exitCode;
  return Promise.resolve();
};

export default commandNotFound;

/* The last words may be arguments: the longest beginning that is near to something counts. */
function nearestTo(typed: string, known: readonly string[]): string | null {
  const words = typed.split(' ');
  for (let count = words.length; count > 0; count--) {
    const beginning = words.slice(0, count).join(' ');
    const [best] = known
      .map((command) => ({ command, slips: editDistance(beginning, command) }))
      .sort((a, b) => a.slips - b.slips);
    if (best !== undefined && best.slips <= Math.min(MAX_SLIPS, beginning.length / 2)) return best.command;
  }
  return null;
}

/* Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals" (1966), a row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
