// What is said to a command that does not exist: the same form, in text and JSON, as any other error.

import type { Hook } from '@oclif/core';
import { toConfiguredId } from '@oclif/core/util/ids';

import { CleanroomError } from '../base/errors.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { wrapLines } from '../terminal/wrap-lines.js';
import { nearestWord } from './nearest.js';

/** oclif's `command_not_found` hook: names the nearest command, and exits as for any wrong usage. */
const commandNotFound: Hook<'command_not_found'> = function ({ id, argv = [], config }) {
  const typed = toConfiguredId(id, config);
  const commands = config.commandIDs.map((command) => toConfiguredId(command, config));
  const topics = config.topics.map(({ name }) => toConfiguredId(name, config));
  const leaves = commands.filter((command) => !commands.some((other) => other.startsWith(`${command} `)));
  const error = surplusArgument(typed, leaves) ?? unknownCommand(typed, [...commands, ...topics]);
  const { code, message, hint } = error;
  if (argv.includes('--json')) {
    const envelope = { ok: false, error: { code, message, hint }, warnings: [] };
    process.stdout.write(`${JSON.stringify(envelope, null, 2)}\n`);
  } else {
    const text = `${escapeTerminal(`error ${code}: ${message}`)}\n  ${escapeTerminal(hint)}`;
    process.stderr.write(`${wrapLines(text, process.stderr.columns)}\n`);
  }
  process.exitCode = error.exitCode;
  return Promise.resolve();
};

export default commandNotFound;

/* oclif takes every word before the first flag for a part of the command's name where the command has no arguments. */
function surplusArgument(typed: string, commands: readonly string[]): CleanroomError | null {
  const command = commands.find((candidate) => typed.startsWith(`${candidate} `));
  if (command === undefined) return null;
  const argument = typed.slice(command.length + 1);
  return new CleanroomError('USAGE', `cleanroom ${command} takes no argument, but was given '${argument}'`, {
    hint: `What it works on is named by a flag; see: cleanroom ${command} --help`,
  });
}

function unknownCommand(typed: string, known: readonly string[]): CleanroomError {
  const nearest = nearestTo(typed, known);
  return new CleanroomError('USAGE', `there is no command '${typed}'`, {
    hint: nearest === null ? 'See cleanroom --help' : `Did you mean: cleanroom ${nearest}`,
  });
}

/* The last words may be arguments: the longest beginning that is near to something counts. */
function nearestTo(typed: string, known: readonly string[]): string | null {
  const words = typed.split(' ');
  for (let count = words.length; count > 0; count--) {
    const nearest = nearestWord(words.slice(0, count).join(' '), known);
    if (nearest !== null) return nearest;
  }
  return null;
}
