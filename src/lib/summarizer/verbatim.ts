// How much of a source stands in a summary word for word. Two measures, the larger counts:
// copied letters (spaces, punctuation, case and word breaks do not hide a copy), and copied words with fillers between them.

import type { ReleasedWords } from './released-words.js';

/** Words of the summary that may stand between two copied ones without ending the run. */
const MAX_FILLERS = 2;
/** Steps of the word measure of all sources before it gives up; a text that needs more repeats a few words without end. */
export const WORK_LIMIT = 2_000_000_000;

/** Longest run of whole source words whose letters stand in the summary in one piece: a suffix automaton of the summary's letters. */
export class LetterRun {
  longest = 0;
  private readonly automaton: SuffixAutomaton;
  private state = 0;
  private matched = 0;
  private position = 0;
  /** Where the words inside the current match begin, oldest first from `first`. */
  private starts: number[] = [];
  private first = 0;

  constructor(letters: string) {
    this.automaton = new SuffixAutomaton(letters);
  }

  reset(): void {
    this.state = this.matched = this.position = this.first = 0;
    this.starts = [];
  }

  read(word: string): void {
    this.starts.push(this.position);
    for (let at = 0; at < word.length; at++) this.readLetter(word.charCodeAt(at));
    this.position += word.length;
    const begin = this.position - this.matched;
    while (this.first < this.starts.length && (this.starts[this.first] ?? 0) < begin) this.first++;
    this.longest = Math.max(this.longest, this.starts.length - this.first);
    if (this.first > 4096) {
      this.starts = this.starts.slice(this.first);
      this.first = 0;
    }
  }

  private readLetter(code: number): void {
    for (;;) {
      const next = this.automaton.next(this.state, code);
      if (next !== undefined) {
        this.state = next;
        this.matched++;
        return;
      }
      if (this.state === 0) {
        this.matched = 0;
        return;
      }
      this.state = this.automaton.link(this.state);
      this.matched = this.automaton.length(this.state);
    }
  }
}

/* Blumer et al., "The smallest automaton recognizing the subwords of a text" (1985). State 0 is the start. */
class SuffixAutomaton {
  private readonly edges: Map<number, number>[] = [new Map<number, number>()];
  private readonly links: number[] = [-1];
  private readonly lengths: number[] = [0];

  constructor(text: string) {
    let last = 0;
    for (let at = 0; at < text.length; at++) last = this.extend(last, text.charCodeAt(at));
  }

  next(state: number, code: number): number | undefined {
    return this.edges[state]?.get(code);
  }

  link(state: number): number {
    return this.links[state] ?? 0;
  }

  length(state: number): number {
    return this.lengths[state] ?? 0;
  }

  private extend(last: number, code: number): number {
    const state = this.add(new Map(), 0, this.length(last) + 1);
    let from = last;
    while (from !== -1 && this.next(from, code) === undefined) {
      this.edges[from]?.set(code, state);
      from = this.link(from);
    }
    const target = from === -1 ? undefined : this.next(from, code);
    if (target === undefined) return state;
    this.links[state] =
      this.length(from) + 1 === this.length(target) ? target : this.split(from, target, code);
    return state;
  }

  private split(from: number, target: number, code: number): number {
    const copy = this.add(new Map(this.edges[target]), this.link(target), this.length(from) + 1);
    for (let at = from; at !== -1 && this.next(at, code) === target; at = this.link(at))
      this.edges[at]?.set(code, copy);
    this.links[target] = copy;
    return copy;
  }

  private add(edges: Map<number, number>, link: number, length: number): number {
    this.edges.push(edges);
    this.links.push(link);
    this.lengths.push(length);
    return this.edges.length - 1;
  }
}

/** Longest run of consecutive source words that stand in the summary in order with at most MAX_FILLERS words between two of them. */
export class SpacedRun {
  longest = 0;
  /** Steps so far. */
  work = 0;
  /* Where in the summary each of its words stands. */
  private readonly places: readonly (readonly number[])[];
  /** Length of the run that ends at a place of the summary, and the source word that it ended with. */
  private readonly runs: Int32Array;
  private readonly ends: Int32Array;
  private index = 0;

  constructor(released: ReleasedWords) {
    const words = released.texts.flat();
    const places = Array.from({ length: released.count }, (): number[] => []);
    for (const [place, word] of words.entries()) places[word]?.push(place);
    this.places = places;
    this.runs = new Int32Array(words.length);
    this.ends = new Int32Array(words.length).fill(-2);
  }

  /** A run does not go from one source into the next. */
  reset(): void {
    this.index += 2;
  }

  /** @param word - its number among the released ones, -1 if none of them has it */
  read(word: number): void {
    this.index++;
    const places = this.places[word];
    if (places === undefined) return;
    this.work += places.length;
    if (this.work > WORK_LIMIT) this.longest = Infinity;
    if (this.longest === Infinity) return;
    for (let at = places.length - 1; at >= 0; at--) this.extend(places[at] ?? 0);
  }

  /* Places are taken from the last to the first, so that an earlier place still holds the run of the word before. */
  private extend(place: number): void {
    let before = 0;
    for (let from = Math.max(0, place - 1 - MAX_FILLERS); from < place; from++)
      if (this.ends[from] === this.index - 1) before = Math.max(before, this.runs[from] ?? 0);
    this.runs[place] = before + 1;
    this.ends[place] = this.index;
    if (before + 1 > this.longest) this.longest = before + 1;
  }
}
