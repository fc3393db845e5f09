// How much of a result stands in runs of three source words or more, and the longest stretch of the source that it covers.

import type { ReleasedWords } from './released-words.js';

/** A run of fewer words is the language's, not the source's. */
const RUN = 3;

export interface Copied {
  /** Share of the result's letters that stand in such runs: 0 to 1. */
  readonly share: number;
  /** Longest stretch of consecutive source words that such runs cover, in whatever order they stand in the result. */
  readonly stretch: number;
}

/** The runs of a result's texts, and which of them the sources have that are read, word by word. No run goes from one text into the next. */
export class CopiedRuns {
  /** Longest stretch so far. */
  stretch = 0;
  /* Numbers of two words one after the other, and of three, so that a source needs no string for each of its runs. */
  private readonly pairs = new Map<number, number>();
  private readonly runs = new Map<number, number>();
  /* Of each text the number of the run at each of its words but the last two. */
  private readonly runsOf: readonly (readonly number[])[];
  private readonly copied: boolean[] = [];
  private covered = 0;
  private at = 0;
  private end = 0;
  private before = -1;
  private last = -1;

  constructor(private readonly released: ReleasedWords) {
    this.runsOf = released.texts.map((words) =>
      words.slice(RUN - 1).map((word, at) => this.add(words, at, word)),
    );
  }

  /** Begins a source: a run does not go from one into the next. */
  reset(): void {
    this.covered = this.at = this.end = 0;
    this.before = this.last = -1;
  }

  /** @param word - its number among the released ones, -1 if none of them has it */
  read(word: number): void {
    this.at++;
    const run = word === -1 ? undefined : this.find(word);
    if (run !== undefined) {
      this.copied[run] = true;
      const touches = this.end > 0 && this.end >= this.at - RUN;
      this.covered = touches ? this.covered + this.at - this.end : RUN;
      this.end = this.at;
      if (this.covered > this.stretch) this.stretch = this.covered;
    }
    this.before = this.last;
    this.last = word;
  }

  /** Of what has been read; with `others`, which have read other sources of the same result, of all together. */
  measured(others: readonly CopiedRuns[] = []): Copied {
    const all = [this, ...others];
    const stretch = Math.max(...all.map((each) => each.stretch));
    return { stretch, share: this.share((run) => all.some(({ copied }) => copied[run] === true)) };
  }

  private add(words: readonly number[], at: number, word: number): number {
    const { count } = this.released;
    const pair = numberOf(this.pairs, (words[at] ?? 0) * count + (words[at + 1] ?? 0));
    return numberOf(this.runs, pair * count + word);
  }

  private find(word: number): number | undefined {
    if (this.before === -1 || this.last === -1) return undefined;
    const { count } = this.released;
    const pair = this.pairs.get(this.before * count + this.last);
    return pair === undefined ? undefined : this.runs.get(pair * count + word);
  }

  private share(isCopied: (run: number) => boolean): number {
    let inRuns = 0;
    let all = 0;
    for (const [text, words] of this.released.texts.entries()) {
      const copied = new Set<number>();
      for (const [at, run] of (this.runsOf[text] ?? []).entries())
        if (isCopied(run)) for (let step = 0; step < RUN; step++) copied.add(at + step);
      for (const [at, word] of words.entries()) {
        const length = this.released.lengthOf(word);
        all += length;
        if (copied.has(at)) inRuns += length;
      }
    }
    return all === 0 ? 0 : inRuns / all;
  }
}

function numberOf(numbers: Map<number, number>, key: number): number {
  const known = numbers.get(key) ?? numbers.size;
  numbers.set(key, known);
  return known;
}
