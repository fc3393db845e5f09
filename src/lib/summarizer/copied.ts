// How much of a result stands in runs of three source words or more, and the longest stretch of the source that it covers.

import { wordBlocks, wordPieces } from './words.js';

/** A run of fewer words is the language's, not the source's. */
const RUN = 3;

export interface Copied {
  /** Share of the result's letters that stand in such runs: 0 to 1. */
  readonly share: number;
  /** Longest stretch of consecutive source words that such runs cover, in whatever order they stand in the result. */
  readonly stretch: number;
}

/** Measures all texts of a result together: a run does not go from one source, or one text, into the next. */
export function measureCopied(sources: readonly string[], texts: readonly string[]): Copied {
  const released = texts.map((text) => [...wordBlocks(text)].flat().flatMap(wordPieces));
  const runs = new Map<string, boolean>();
  for (const words of released) for (const run of runsOf(words)) runs.set(run, false);
  const ends = new Set([...runs.keys()].map((run) => run.slice(run.lastIndexOf(' ') + 1)));
  let stretch = 0;
  for (const source of sources) stretch = Math.max(stretch, longestStretch(source, runs, ends));
  return { share: shareInRuns(released, runs), stretch };
}

/* Marks the runs that the source has, too; `ends` are their last words. */
function longestStretch(source: string, runs: Map<string, boolean>, ends: ReadonlySet<string>): number {
  let longest = 0;
  let covered = 0;
  let [before, last] = ['', ''];
  let at = 0;
  let end = 0;
  for (const block of wordBlocks(source)) {
    for (const word of block.flatMap(wordPieces)) {
      at++;
      const run = ends.has(word) ? `${before} ${last} ${word}` : '';
      if (at >= RUN && runs.has(run)) {
        runs.set(run, true);
        covered = end > 0 && end >= at - RUN ? covered + at - end : RUN;
        end = at;
        longest = Math.max(longest, covered);
      }
      [before, last] = [last, word];
    }
  }
  return longest;
}

function shareInRuns(released: readonly (readonly string[])[], runs: ReadonlyMap<string, boolean>): number {
  let inRuns = 0;
  let all = 0;
  for (const words of released) {
    const copied = new Set<number>();
    for (const [at, run] of runsOf(words).entries())
      if (runs.get(run) === true) for (let step = 0; step < RUN; step++) copied.add(at + step);
    for (const [at, word] of words.entries()) {
      all += word.length;
      if (copied.has(at)) inRuns += word.length;
    }
  }
  return all === 0 ? 0 : inRuns / all;
}

function runsOf(words: readonly string[]): readonly string[] {
  return words.slice(RUN - 1).map((word, at) => `${words[at] ?? ''} ${words[at + 1] ?? ''} ${word}`);
}
