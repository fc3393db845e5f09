// The logs call: `tail` lines at most, with or without their times.

import { MAX_LOG_BYTES } from './constants.js';

/** `content` as the query asks for it. Each stored line begins with its time and a blank. */
export function tailLog(content: string, query: URLSearchParams): string {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const tail = Number(query.get('tail') ?? Number.NaN);
  const wanted = Number.isInteger(tail) && tail >= 0 ? lines.slice(Math.max(0, lines.length - tail)) : lines;
  const shown =
    query.get('timestamps') === 'true' ? wanted : wanted.map((line) => line.slice(line.indexOf(' ') + 1));
  return shown
    .map((line) => `${line}\n`)
    .join('')
    .slice(-MAX_LOG_BYTES);
}
