// RE2 matching: a Thompson NFA, simulated for all threads at once. Time is at most program size times text length, and
// bounded outright, so that no pattern and no text of a hostile party can hold up whoever evaluates a policy.

import { type CharacterSet, isWordCharacter } from './character-class.js';
import { parsePattern } from './parse-pattern.js';
import { type Assertion, PatternError, type PatternNode } from './pattern-node.js';

const MAX_INSTRUCTIONS = 200_000;
const MAX_STEPS = 50_000_000;

type Instruction =
  | { readonly op: 'set'; readonly set: CharacterSet; next: number }
  | { readonly op: 'assert'; readonly assertion: Assertion; next: number }
  | { readonly op: 'split'; next: number; other: number }
  | { readonly op: 'match' };

export interface Pattern {
  /** Whether the pattern is found anywhere in `text`. @throws PatternError if that takes too long. */
  found(text: string): boolean;
}

/**
 * Compiles a pattern.
 *
 * @throws PatternError if RE2 does not take it, or if it is larger than this evaluator handles.
 */
export function compilePattern(pattern: string): Pattern {
  const compiler = new Compiler();
  const start = compiler.emit(parsePattern(pattern), compiler.add({ op: 'match' }));
  return { found: (text) => new Simulation(compiler.program).run(start, text) };
}

/* Emits backwards: every node is given the instruction that follows it. */
class Compiler {
  readonly program: Instruction[] = [];

  add(instruction: Instruction): number {
    if (this.program.length >= MAX_INSTRUCTIONS)
      throw new PatternError('the pattern is too large to evaluate');
    this.program.push(instruction);
    return this.program.length - 1;
  }

  emit(node: PatternNode, next: number): number {
    switch (node.op) {
      case 'set':
        return this.add({ op: 'set', set: node.set, next });
      case 'assert':
        return this.add({ op: 'assert', assertion: node.assertion, next });
      case 'sequence':
        return node.items.reduceRight((follow, item) => this.emit(item, follow), next);
      case 'choice':
        return node.items
          .map((item) => this.emit(item, next))
          .reduceRight((other, first) => this.add({ op: 'split', next: first, other }));
      case 'repeat':
        return this.repeat(node.item, node.min, node.max, next);
    }
  }

  private repeat(item: PatternNode, min: number, max: number | null, next: number): number {
    let follow = max === null ? this.loop(item, next) : this.optional(item, max - min, next);
    for (let i = 0; i < min; i++) follow = this.emit(item, follow);
    return follow;
  }

  private loop(item: PatternNode, next: number): number {
    const split: Instruction = { op: 'split', next: 0, other: next };
    const at = this.add(split);
    split.next = this.emit(item, at);
    return at;
  }

  private optional(item: PatternNode, times: number, next: number): number {
    let follow = next;
    for (let i = 0; i < times; i++) {
      follow = this.add({ op: 'split', next: this.emit(item, follow), other: next });
    }
    return follow;
  }
}

interface Position {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

class Simulation {
  private readonly seen: Uint32Array;
  private generation = 0;
  private steps = 0;
  private matched = false;

  constructor(private readonly program: readonly Instruction[]) {
    this.seen = new Uint32Array(program.length);
  }

  run(start: number, text: string): boolean {
    const codePoints = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    let threads: number[] = [];
    for (let at = 0; at <= codePoints.length; at++) {
      const position = { before: codePoints[at - 1], after: codePoints[at] };
      this.generation++;
      const reached: number[] = [];
      for (const thread of threads) this.follow(thread, position, reached);
      this.follow(start, position, reached);
      if (this.matched) return true;
      threads = this.advance(reached, codePoints[at]);
    }
    return false;
  }

  /* Adds every set instruction that is reached from `instruction` without reading a character. */
  private follow(instruction: number, position: Position, reached: number[]): void {
    const pending = [instruction];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (this.seen[at] === this.generation) continue;
      this.seen[at] = this.generation;
      this.countStep();
      const current = this.program[at];
      if (current === undefined) continue;
      if (current.op === 'match') this.matched = true;
      else if (current.op === 'set') reached.push(at);
      else if (current.op === 'split') pending.push(current.other, current.next);
      else if (holds(current.assertion, position)) pending.push(current.next);
    }
  }

  private advance(threads: readonly number[], codePoint: number | undefined): number[] {
    const next: number[] = [];
    if (codePoint === undefined) return next;
    for (const thread of threads) {
      this.countStep();
      const current = this.program[thread];
      if (current?.op === 'set' && current.set(codePoint)) next.push(current.next);
    }
    return next;
  }

  private countStep(): void {
    if (++this.steps > MAX_STEPS) throw new PatternError('matching takes too long');
  }
}

function holds(assertion: Assertion, { before, after }: Position): boolean {
  switch (assertion) {
    case 'text-begin':
      return before === undefined;
    case 'text-end':
      return after === undefined;
    case 'line-begin':
      return before === undefined || before === 0x0a;
    case 'line-end':
      return after === undefined || after === 0x0a;
    case 'word':
      return isWord(before) !== isWord(after);
    case 'not-word':
      return isWord(before) === isWord(after);
  }
}

function isWord(codePoint: number | undefined): boolean {
  return codePoint !== undefined && isWordCharacter(codePoint);
}
