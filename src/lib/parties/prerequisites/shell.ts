// A shell script as data: titled steps, each line a command whose words are quoted here and nowhere else.

/** A word of a command: plain text, or text in which the shell fills in variables and commands. */
export type Word = string | { readonly expanded: string };

export type ScriptLine =
  | { readonly run: readonly Word[]; readonly into?: string }
  /** A variable from what a command prints. */
  | { readonly set: string; readonly from: readonly Word[] }
  /** Lines as they are; for what is no single command. */
  | { readonly text: string };

export interface ScriptStep {
  readonly title: string;
  readonly lines: readonly ScriptLine[];
}

/** `$NAME`, filled in by the shell. */
export function variable(name: string): Word {
  return { expanded: `\${${name}}` };
}

/** The whole script; every step says what it does before it does it. */
export function renderScript(header: readonly string[], steps: readonly ScriptStep[]): string {
  const head = ['#!/usr/bin/env bash', ...header.map((line) => `# ${line}`), 'set -euo pipefail'];
  const body = steps.map(({ title, lines }) =>
    ['', `echo ${quoteWord(`== ${title}`)} >&2`, ...lines.map(renderLine)].join('\n'),
  );
  return `${head.join('\n')}\ncd "$(dirname "$0")"\n${body.join('\n')}\n`;
}

function renderLine(line: ScriptLine): string {
  if ('text' in line) return line.text;
  if ('set' in line) return `${line.set}=$(${line.from.map(quoteWord).join(' ')})`;
  return `${line.run.map(quoteWord).join(' ')}${line.into === undefined ? '' : ` > ${quoteWord(line.into)}`}`;
}

function quoteWord(word: Word): string {
  if (typeof word !== 'string') return `"${word.expanded}"`;
  return /^[A-Za-z0-9_./:=@,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
