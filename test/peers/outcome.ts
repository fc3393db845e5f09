// What came of a peer: counts and the questions that were answered differently.

import type { Compared } from './peer.js';

export interface PeerOutcome {
  readonly peer: string;
  readonly version: string;
  readonly about: string;
  readonly questions: number;
  readonly agreed: number;
  /** Answered differently, as is meant: how often, by reason. */
  readonly byDesign: Readonly<Record<string, number>>;
  readonly disagreed: readonly Compared[];
  readonly seconds: number;
  /** Why it was not asked; null where it was. */
  readonly notRun: string | null;
}

/** Counts the answers. A difference that is meant counts as such only where there is one. */
export function countAnswers(
  compared: readonly Compared[],
): Pick<PeerOutcome, 'questions' | 'agreed' | 'byDesign' | 'disagreed'> {
  const different = compared.filter(({ ours, theirs }) => ours !== theirs);
  const byDesign: Record<string, number> = {};
  for (const { byDesign: reason } of different)
    if (reason !== null) byDesign[reason] = (byDesign[reason] ?? 0) + 1;
  return {
    questions: compared.length,
    agreed: compared.length - different.length,
    byDesign,
    disagreed: different.filter((answer) => answer.byDesign === null),
  };
}

/** The table that a run ends with, and below it every disagreement. */
export function renderOutcomes(outcomes: readonly PeerOutcome[]): string {
  const lines = [
    ['peer', 'version', 'questions', 'agreed', 'disagreed', 'refused by design', 'seconds'],
    ...outcomes.map((outcome) => [
      outcome.peer,
      outcome.version,
      ...(outcome.notRun === null
        ? [
            String(outcome.questions),
            String(outcome.agreed),
            String(outcome.disagreed.length),
            String(meantDifferences(outcome)),
            outcome.seconds.toFixed(1),
          ]
        : [`not run: ${outcome.notRun}`]),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...lines.filter((line) => line.length > 3).map((line) => line[column]?.length ?? 0)),
  );
  const table = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const notes = outcomes.flatMap(({ peer, byDesign, disagreed }) => [
    ...Object.entries(byDesign).map(([reason, count]) => `${peer}: ${count} by design: ${reason}`),
    ...disagreed.map(
      ({ question, ours, theirs }) => `${peer}: DISAGREED: ${question}: ours ${ours}, theirs ${theirs}`,
    ),
  ]);
  return [...table, ...(notes.length === 0 ? [] : ['', ...notes])]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** How many answers differ and are meant to. */
export function meantDifferences({ byDesign }: PeerOutcome): number {
  return Object.values(byDesign).reduce((sum, count) => sum + count, 0);
}
