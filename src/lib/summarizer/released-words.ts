// The words of a result by number: a source's words are looked up once, and compared as numbers from then on.

import { wordBlocks, wordPieces } from './words.js';

/** Words of all texts of a result, long ones in pieces, numbered from 0 in the order in which they first stand there. */
export class ReleasedWords {
  /** Each text as the numbers of its words. */
  readonly texts: readonly (readonly number[])[];
  /** Letters of all texts, one after the other. */
  readonly letters: string;
  private readonly numbers = new Map<string, number>();
  private readonly lengths: number[] = [];

  constructor(texts: readonly string[]) {
    const pieces = texts.map((text) => [...wordBlocks(text)].flat().flatMap(wordPieces));
    this.texts = pieces.map((words) => words.map((word) => this.add(word)));
    this.letters = pieces.flat().join('');
  }

  /** How many there are, each counted once. */
  get count(): number {
    return this.lengths.length;
  }

  /** The number of a word; -1 if it is not among them. */
  find(word: string): number {
    return this.numbers.get(word) ?? -1;
  }

  lengthOf(word: number): number {
    return this.lengths[word] ?? 0;
  }

  private add(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    this.numbers.set(word, this.lengths.length);
    this.lengths.push(word.length);
    return this.lengths.length - 1;
  }
}
