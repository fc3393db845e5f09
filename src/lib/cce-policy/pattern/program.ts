// A pattern as a program for a nondeterministic automaton (Thompson): what matching and reachability both run on.

import type { CharacterSet } from './character-class.js';
import { parsePattern } from './parse-pattern.js';
import { type Assertion, PatternTooLarge, type PatternNode } from './pattern-node.js';

const MAX_INSTRUCTIONS = 200_000;

export type Instruction =
  | { readonly op: 'set'; readonly set: CharacterSet; next: number }
  | { readonly op: 'assert'; readonly assertion: Assertion; next: number }
  | { readonly op: 'split'; next: number; other: number }
  | { readonly op: 'match' };

export interface PatternProgram {
  readonly instructions: readonly Instruction[];
  /** Index of the first instruction. */
  readonly start: number;
}

/** @throws PatternError if RE2 does not take the pattern; PatternTooLarge if it is larger than this evaluator handles. */
export function compileProgram(pattern: string): PatternProgram {
  const compiler = new Compiler();
  const start = compiler.emit(parsePattern(pattern), compiler.add({ op: 'match' }));
  return { instructions: compiler.program, start };
}

/* Emits backwards: every node is given the instruction that follows it. */
class Compiler {
  readonly program: Instruction[] = [];

  add(instruction: Instruction): number {
    if (this.program.length >= MAX_INSTRUCTIONS)
      throw new PatternTooLarge('the pattern is too large to evaluate');
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
