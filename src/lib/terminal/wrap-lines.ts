// Text for a terminal that is narrower than its lines: broken between words, never within one.

import { stripVTControlCharacters } from 'node:util';

/* Narrower than this, nothing is gained by it. */
const LEAST_COLUMNS = 20;
const HANG = 2;

/**
 * Breaks lines that are longer than `columns` at spaces; what goes on is indented as its line is, and two columns more.
 * A word that is longer than the rest of its line stays whole, so that a path or a digest can be copied.
 *
 * @param columns - of the terminal; undefined: it is none, and nothing is broken.
 */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < LEAST_COLUMNS) return text;
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : wrapLine(line, columns)))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const hang = ' '.repeat(Math.min(indent + HANG, columns >> 1));
  const lines: string[] = [];
  let current = '';
  for (const part of line.match(/ *[^ ]+/g) ?? []) {
    if (current.trim() !== '' && widthOf(current) + widthOf(part) > columns) {
      lines.push(current);
      current = `${hang}${part.trimStart()}`;
    } else current += part;
  }
  return [...lines, current].join('\n');
}

/* Colours take no columns. */
function widthOf(text: string): number {
  return text.includes('\u001b') ? stripVTControlCharacters(text).length : text.length;
}
