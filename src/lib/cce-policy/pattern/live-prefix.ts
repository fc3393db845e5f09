// Which texts a pattern takes, decided by reachability in its automaton and not by samples: whether any text that begins
// with `NAME=` is among them, and whether a match may end before the text does.

import { holds } from './assertion.js';
import { type CharacterSet, isWordCharacter } from './character-class.js';
import { PatternError, PatternTooLarge } from './pattern-node.js';
import { compileProgram, type PatternProgram } from './program.js';
import { type Anchoring, asGuestReads } from './reading.js';

/** No: no such text. Yes: with one. Undecided: the pattern is too large to search; treat it as yes. */
export type PatternAnswer =
  | { readonly taken: 'no' }
  | { readonly taken: 'yes'; readonly example: string }
  | { readonly taken: 'undecided' };

const NO: PatternAnswer = { taken: 'no' };
const UNDECIDED: PatternAnswer = { taken: 'undecided' };
const MAX_STEPS = 4_000_000;

/**
 * Whether the guest takes, under this pattern, any text that begins with `prefix`, such as `LD_PRELOAD=`.
 * A pattern that RE2 refuses takes nothing.
 */
export function takesPrefix(pattern: string, prefix: string, anchoring: Anchoring): PatternAnswer {
  return patternQuestions(pattern, anchoring).takesPrefix(prefix);
}

/**
 * Whether a match may end before the text does, so that anything may stand behind it: `\$` and `(?m)$` close nothing.
 * The example is such a text.
 */
export function isOpenAtEnd(pattern: string, anchoring: Anchoring): PatternAnswer {
  return patternQuestions(pattern, anchoring).isOpenAtEnd();
}

/* What stands after a place, as far as an assertion can tell; `any` where the pattern has none that looks. */
type Neighbour = 'end' | 'any' | 'newline' | 'word' | 'other';
const TELLING: readonly Neighbour[] = ['end', 'word', 'other', 'newline'];
const PLAIN: readonly Neighbour[] = ['end', 'any'];
const SAMPLES: Readonly<Record<Neighbour, number | undefined>> = {
  end: undefined,
  any: 0x20,
  newline: 0x0a,
  word: 0x78,
  other: 0x20,
};

/** The two questions about one pattern, which is compiled once. */
export interface PatternQuestions {
  readonly takesPrefix: (prefix: string) => PatternAnswer;
  readonly isOpenAtEnd: () => PatternAnswer;
}

/** As takesPrefix and isOpenAtEnd, for many prefixes of one pattern. */
export function patternQuestions(pattern: string, anchoring: Anchoring): PatternQuestions {
  const read = asGuestReads(pattern, anchoring);
  const answers = answersFor(read);
  let program: PatternProgram | PatternAnswer | undefined;
  const ask = (question: string, prefix: string, accepts: (next: Neighbour) => boolean): PatternAnswer => {
    const known = answers.get(question);
    if (known !== undefined) return known;
    program ??= programOrAnswer(read);
    const answer = 'taken' in program ? program : searchText(program, prefix, accepts);
    answers.set(question, answer);
    return answer;
  };
  return {
    takesPrefix: (prefix) => ask(`begins ${prefix}`, prefix, () => true),
    isOpenAtEnd: () => ask('open', '', (next) => next !== 'end'),
  };
}

/* The platform's patterns stand in every container of every policy: each question about one is searched once. */
const MAX_PATTERNS = 64;
const answered = new Map<string, Map<string, PatternAnswer>>();

function answersFor(pattern: string): Map<string, PatternAnswer> {
  const known = answered.get(pattern);
  if (known !== undefined) return known;
  if (answered.size === MAX_PATTERNS) answered.clear();
  const none = new Map<string, PatternAnswer>();
  answered.set(pattern, none);
  return none;
}

function programOrAnswer(pattern: string): PatternProgram | PatternAnswer {
  try {
    return compileProgram(pattern);
  } catch (cause) {
    if (cause instanceof PatternTooLarge) return UNDECIDED;
    if (cause instanceof PatternError) return NO;
    throw cause;
  }
}

function searchText(
  program: PatternProgram,
  prefix: string,
  accepts: (next: Neighbour) => boolean,
): PatternAnswer {
  try {
    return new TextSearch(program, Array.from(prefix), accepts).run();
  } catch (cause) {
    if (cause instanceof PatternTooLarge) return UNDECIDED;
    throw cause;
  }
}

/* A thread of the automaton at a place of a text that is made up on the way. */
interface Thread {
  /** Instruction, or BEFORE_MATCH while the match has not begun. */
  readonly at: number;
  /** Characters of the prefix that were read. */
  readonly read: number;
  readonly before: number | undefined;
  readonly text: Written | null;
}

/* The text that was read, last character first. */
interface Written {
  readonly character: string;
  readonly earlier: Written | null;
}

const BEFORE_MATCH = -1;

class TextSearch {
  private readonly seen = new Set<string>();
  private readonly queue: Thread[] = [];
  private readonly members = new Map<CharacterSet, Partial<Record<Neighbour, number | null>>>();
  private readonly neighbours: readonly Neighbour[];
  private steps = 0;

  constructor(
    private readonly program: PatternProgram,
    private readonly prefix: readonly string[],
    private readonly accepts: (next: Neighbour) => boolean,
  ) {
    const looks = program.instructions.some(
      (instruction) => instruction.op === 'assert' && !instruction.assertion.startsWith('text-'),
    );
    this.neighbours = looks ? TELLING : PLAIN;
  }

  /* Breadth first, so that the example is as short as the pattern allows. */
  run(): PatternAnswer {
    this.enqueue({ at: BEFORE_MATCH, read: 0, before: undefined, text: null });
    for (let thread = this.queue[0], n = 0; thread !== undefined; thread = this.queue[++n]) {
      for (const next of this.neighboursOf(thread)) {
        if (this.follow(thread, next)) return { taken: 'yes', example: this.exampleOf(thread, next) };
      }
    }
    return NO;
  }

  /* Inside the prefix the next character is fixed, and the text does not end there. */
  private neighboursOf({ read }: Thread): readonly Neighbour[] {
    const fixed = this.prefix[read];
    return fixed === undefined ? this.neighbours : [this.neighbourOf(codePointOf(fixed))];
  }

  /* All that is reached without reading; true where the match ends at this place. */
  private follow(thread: Thread, next: Neighbour): boolean {
    const position = { before: thread.before, after: SAMPLES[next] };
    const visited = new Set<number>();
    const pending = [thread.at];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (visited.has(at)) continue;
      visited.add(at);
      this.countStep();
      if (at === BEFORE_MATCH) {
        pending.push(this.program.start);
        this.advance(thread, at, null, next);
        continue;
      }
      const instruction = this.program.instructions[at];
      if (instruction === undefined) continue;
      if (instruction.op === 'match') {
        if (this.accepts(next)) return true;
      } else if (instruction.op === 'split') pending.push(instruction.other, instruction.next);
      else if (instruction.op === 'set') this.advance(thread, instruction.next, instruction.set, next);
      else if (holds(instruction.assertion, position)) pending.push(instruction.next);
    }
    return false;
  }

  /* Reads one character: the prefix's, or one of the set that is such a neighbour. A null set takes every character. */
  private advance(thread: Thread, to: number, set: CharacterSet | null, next: Neighbour): void {
    if (next === 'end') return;
    const fixed = this.prefix[thread.read];
    const codePoint = fixed === undefined ? this.memberOf(set, next) : codePointOf(fixed);
    if (codePoint === null || (set !== null && !set(codePoint))) return;
    this.enqueue({
      at: to,
      read: fixed === undefined ? thread.read : thread.read + 1,
      before: codePoint,
      text: { character: String.fromCodePoint(codePoint), earlier: thread.text },
    });
  }

  private enqueue(thread: Thread): void {
    const before = thread.before === undefined ? 'end' : this.neighbourOf(thread.before);
    const key = `${thread.at}/${thread.read}/${before}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.queue.push(thread);
  }

  private memberOf(set: CharacterSet | null, next: Neighbour): number | null {
    if (set === null) return SAMPLES[next] ?? null;
    const known = this.members.get(set) ?? {};
    this.members.set(set, known);
    const member = known[next];
    if (member !== undefined) return member;
    return (known[next] = this.findMember(set, next));
  }

  private findMember(set: CharacterSet, next: Neighbour): number | null {
    for (const codePoint of PREFERRED) {
      if (this.neighbourOf(codePoint) === next && set(codePoint)) return codePoint;
    }
    const last = next === 'word' || next === 'newline' ? Math.min(set.high, 0x7f) : set.high;
    for (let codePoint = set.low; codePoint <= last; codePoint++) {
      this.countStep();
      if (this.neighbourOf(codePoint) === next && set(codePoint)) return codePoint;
    }
    return null;
  }

  private exampleOf(thread: Thread, next: Neighbour): string {
    const text: string[] = [];
    for (let { text: written } = thread; written !== null; written = written.earlier)
      text.push(written.character);
    const rest = this.prefix.slice(thread.read);
    const sample = rest.length > 0 ? undefined : SAMPLES[next];
    const behind = sample === undefined ? '' : `${String.fromCodePoint(sample)}anything`;
    return [...text.reverse(), ...rest, behind].join('');
  }

  private neighbourOf(codePoint: number): Neighbour {
    if (this.neighbours === PLAIN) return 'any';
    if (codePoint === 0x0a) return 'newline';
    return isWordCharacter(codePoint) ? 'word' : 'other';
  }

  private countStep(): void {
    if (++this.steps > MAX_STEPS) throw new PatternTooLarge('the pattern is too large to search');
  }
}

const PREFERRED: readonly number[] = Array.from('a1xA/-_.=:, \n', codePointOf);

function codePointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
