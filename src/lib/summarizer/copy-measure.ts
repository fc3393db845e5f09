// What a result copies of its sources, measured source by source: each is read once, and none is kept.

import { type Copied, CopiedRuns } from './copied.js';
import { ReleasedWords } from './released-words.js';
import { LetterRun, SpacedRun, WORK_LIMIT } from './verbatim.js';
import { WORD_PIECE, wordBlocks, wordPieces } from './words.js';

export interface Copies extends Copied {
  /** The longest run of source words that stand in the texts (verbatim.ts); Infinity where they repeat too much to be measured. */
  readonly longest: number;
}

/** What all texts of a result together copy of these sources. */
export function measureCopies(sources: Iterable<string>, texts: readonly string[]): Copies {
  const measure = new CopyMeasure(texts);
  for (const source of sources) measure.read(source);
  return measure.measured();
}

/** All texts of a result, to be held against sources. */
export class CopyMeasure {
  private readonly released: ReleasedWords;
  private readonly runs: CopiedRuns;
  private readonly letters: LetterRun;
  private readonly spaced: SpacedRun;

  constructor(texts: readonly string[]) {
    this.released = new ReleasedWords(texts);
    this.runs = new CopiedRuns(this.released);
    this.letters = new LetterRun(this.released.letters);
    this.spaced = new SpacedRun(this.released);
  }

  /** Holds one source, whole, against the texts. */
  read(source: string): void {
    if (this.released.count === 0) return;
    this.runs.reset();
    this.letters.reset();
    this.spaced.reset();
    for (const block of wordBlocks(source)) {
      for (const word of block) {
        if (word.length <= WORD_PIECE) this.readPiece(word);
        else for (const piece of wordPieces(word)) this.readPiece(piece);
      }
    }
  }

  /** Of what was read so far; with `others`, which have read other sources against the same texts, of all together. */
  measured(others: readonly CopyMeasure[] = []): Copies {
    const all = [this, ...others];
    const work = all.reduce((sum, { spaced }) => sum + spaced.work, 0);
    const longest = Math.max(...all.flatMap(({ letters, spaced }) => [letters.longest, spaced.longest]));
    return {
      ...this.runs.measured(others.map(({ runs }) => runs)),
      longest: work > WORK_LIMIT ? Infinity : longest,
    };
  }

  private readPiece(piece: string): void {
    const number = this.released.find(piece);
    this.runs.read(number);
    this.spaced.read(number);
    this.letters.read(piece);
  }
}
