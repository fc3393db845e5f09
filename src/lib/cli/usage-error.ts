// What oclif says of a command line that it cannot read, as this program says it: one line, no escape codes, and what was meant.

import { stripVTControlCharacters } from 'node:util';

import { nearestWord } from './nearest.js';

/** What oclif's errors carry besides their message; each member of its own kind of error only. */
interface ParseError {
  readonly message: string;
  readonly flags?: unknown;
  readonly args?: unknown;
}

export interface UsageCommand {
  /** With spaces: `key show`. */
  readonly name: string;
  /** Without the dashes. */
  readonly flags: readonly string[];
  /** A whole command line; null where the command has none. */
  readonly example: string | null;
}

export interface DescribedUsage {
  readonly message: string;
  readonly hint: string;
}

/** Message and hint for an error of the parser. */
export function describeUsage(error: ParseError, command: UsageCommand): DescribedUsage {
  const help = `See cleanroom ${command.name} --help`;
  const message = stripVTControlCharacters(error.message).split(/\n(?:See more help|\nNote:)/)[0] ?? '';
  if (message.startsWith('Nonexistent flag') && isTexts(error.flags)) {
    const [first = ''] = error.flags;
    const meant = nearestWord(
      first,
      command.flags.map((name) => `--${name}`),
    );
    return {
      message: `there is no flag ${error.flags.join(', ')}`,
      hint: meant === null ? help : `Did you mean: ${meant}`,
    };
  }
  if (message.startsWith('Missing') && isArguments(error.args)) {
    const missing = error.args.map(({ name, description = '' }) => `${name.toUpperCase()} (${description})`);
    const example = command.example === null ? '' : `For example: ${command.example}. `;
    return { message: `the argument is missing: ${missing.join('; ')}`, hint: `${example}${help}` };
  }
  const lines = message.split('\n').map((line) => line.trim());
  const reasons =
    lines.length > 1 && /^The following errors? occurred:$/.test(lines[0] ?? '') ? lines.slice(1) : lines;
  return { message: reasons.filter((line) => line !== '').join('; '), hint: help };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isArguments(value: unknown): value is readonly { name: string; description?: string }[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof (one as { name?: unknown }).name === 'string')
  );
}
