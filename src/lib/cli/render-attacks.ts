// Played attacks for people: what was tried, who refused, and what it would have brought.

import { renderTable } from './render-room.js';
import type { AttackOutcome } from '../attack-kit/attacks/attack.js';
import type { AttackReport } from '../attack-kit/demo/attack-session.js';

export function renderAttacks({ attacks, refused, succeeded, seconds, kept }: AttackReport): string {
  const verdict =
    succeeded === 0
      ? `refused  all ${refused} attacks`
      : `SUCCEEDED  ${succeeded} of ${attacks.length} attacks were not refused by their defence`;
  return [
    `${verdict}   (${seconds} s; hardware emulated)`,
    ...attacks.map((attack) => describeAttack(attack)),
    ...(kept === null ? [] : ['', `Kept in ${kept}.`]),
  ].join('\n');
}

/** The attacks of a demo: a line each, what was tried below it. */
export function renderAttackLines(attacks: readonly AttackOutcome[]): string {
  const rows = renderTable(
    attacks.map(({ id, refused, code, refusedBy }) => [
      `  ${refused ? 'refused' : 'SUCCEEDED'}`,
      id,
      code,
      `by ${refusedBy}`,
    ]),
  ).split('\n');
  return attacks.map(({ what }, index) => `${rows[index] ?? ''}\n            ${what}`).join('\n');
}

function describeAttack({
  id,
  name,
  what,
  refused,
  refusedBy,
  code,
  wouldHaveLeaked,
}: AttackOutcome): string {
  return [
    '',
    `${refused ? 'refused' : 'SUCCEEDED'}  ${id}/${name}  ${code}, by ${refusedBy}`,
    `  tried    ${what}`,
    `  at stake ${wouldHaveLeaked}`,
  ].join('\n');
}
