// RE2 matching: a Thompson NFA, simulated for all threads at once. Time is at most program size times text length, and
// bounded outright, so that no pattern and no text of a hostile party can hold up whoever evaluates a policy.

import { holds, type Position } from './assertion.js';
import { PatternTooLarge } from './pattern-node.js';
import { compileProgram, type Instruction } from './program.js';

const MAX_STEPS = 50_000_000;

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
  const { instructions, start } = compileProgram(pattern);
  return { found: (text) => new Simulation(instructions).run(start, text) };
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
    if (++this.steps > MAX_STEPS) throw new PatternTooLarge('matching takes too long');
  }
}
