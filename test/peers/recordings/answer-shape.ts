// What of a recorded answer has to be the same elsewhere: status, code, members and words. What is the moment's is left out.

import { PSEUDONYM } from '../../../src/lib/azure/recording/pseudonyms.js';
import type { RecordedExchange } from '../../../src/lib/azure/recording/recorded-exchange.js';

type RecordedAnswer = RecordedExchange['answer'];

/* How far a group has come, and what has happened to it meanwhile. */
const MOMENT = /\.(?:instanceView|previousState|events|ip|fqdn)(?:[.:[]|$)/;
const PROGRESS = /\.(?:provisioningState|status): .*$/;

/** Status and code in one line, for the table; every other line is one member or header. */
export function answerShape({ status, headers, body }: RecordedAnswer): readonly string[] {
  const lines = [
    `status: ${status}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `body: ${body.kind}`,
    ...(body.kind === 'json' ? linesOf(body.json, '') : []),
    ...(body.kind === 'xml' ? body.elements.map((element) => `<${element}>`) : []),
  ];
  const stable = lines
    .filter((line) => !MOMENT.test(line))
    .map((line) => line.replace(PROGRESS, (whole) => `${whole.split(':')[0] ?? ''}: <word>`))
    .map((line) => line.replaceAll(PSEUDONYM, '<$1>'));
  return [...new Set(stable)].toSorted();
}

/** What one shape has and the other lacks, in words; null where they are the same. */
export function shapeDifference(recorded: readonly string[], local: readonly string[]): string | null {
  const only = (one: readonly string[], other: readonly string[]): string[] =>
    one.filter((line) => !other.includes(line));
  const [there, here] = [only(recorded, local), only(local, recorded)];
  return there.length + here.length === 0
    ? null
    : `recorded ${there.join(', ') || '-'}; local ${here.join(', ') || '-'}`;
}

function linesOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return [`${path}[]`, ...value.flatMap((item) => linesOf(item, `${path}[]`))];
  if (value === null || typeof value !== 'object') return [`${path}: ${String(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => linesOf(inner, `${path}.${name}`));
}
