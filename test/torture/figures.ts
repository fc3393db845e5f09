// What the torture prints: a row for each scenario, then every fault.

/** What came of one scenario. */
export interface Figures {
  readonly scenario: string;
  readonly trials: number;
  /** Processes that a signal ended; the others of a scenario of kills were quicker than the signal. */
  readonly kills: number;
  /** What was wrong, a line each; at most one for a trial. */
  readonly faults: readonly string[];
  readonly seconds: number;
  /** Other figures of the scenario, for people. */
  readonly note: string;
}

const HEAD = ['scenario', 'trials', 'kills', 'held', 'faults', 'seconds', 'figures'];

/** For people. */
export function renderFigures(rows: readonly Figures[]): string {
  const lines = [HEAD, ...rows.map(cellsOf), cellsOf(total(rows))];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const faults = rows.flatMap(({ scenario, faults: found }) => found.map((fault) => `${scenario}, ${fault}`));
  return `${[...table, ...faults].map((line) => line.trimEnd()).join('\n')}\n`;
}

function cellsOf({ scenario, trials, kills, faults, seconds, note }: Figures): readonly string[] {
  const held = Math.max(0, trials - faults.length);
  return [scenario, ...[trials, kills, held, faults.length, seconds.toFixed(0)].map(String), note];
}

function total(rows: readonly Figures[]): Figures {
  const sum = (name: 'trials' | 'kills' | 'seconds'): number => rows.reduce((so, row) => so + row[name], 0);
  const faults = rows.flatMap((row) => row.faults);
  return {
    scenario: 'all',
    trials: sum('trials'),
    kills: sum('kills'),
    faults,
    seconds: sum('seconds'),
    note: '',
  };
}
