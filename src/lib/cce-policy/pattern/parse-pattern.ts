// RE2 syntax to a tree, as Go's regexp/syntax reads it with its Perl flags: what Go refuses is refused here too.

import {
  type Assertion,
  MAX_REPEAT,
  PatternError,
  PatternTooLarge,
  type PatternNode,
  repeated,
  type RepeatBounds,
} from './pattern-node.js';
import {
  ANY,
  ANY_BUT_NEWLINE,
  type CharacterSet,
  complement,
  foldCase,
  perlClass,
  posixClass,
  range,
  unicodeClass,
  union,
} from './character-class.js';

const MAX_LENGTH = 64 * 1024;
const MAX_DEPTH = 1000;

interface Flags {
  readonly fold: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/**
 * @throws PatternError for what RE2 does not have (backreferences, look-around, possessive repeats), repeats over 1000,
 *   nesting over 1000; PatternTooLarge for more than 64 KiB.
 */
export function parsePattern(pattern: string): PatternNode {
  if (pattern.length > MAX_LENGTH) throw new PatternTooLarge('longer than 64 KiB');
  return new PatternParser(Array.from(pattern)).parse();
}

class PatternParser {
  private offset = 0;
  private flags: Flags = { fold: false, multiline: false, dotAll: false };
  private readonly groupNames = new Set<string>();

  constructor(private readonly text: readonly string[]) {}

  parse(): PatternNode {
    const node = this.choice(0);
    if (this.offset < this.text.length) throw new PatternError('unexpected )');
    return node;
  }

  private choice(depth: number): PatternNode {
    if (depth > MAX_DEPTH) throw new PatternError('nested too deeply');
    const items = [this.sequence(depth)];
    while (this.take('|')) items.push(this.sequence(depth));
    return items.length === 1 && items[0] !== undefined ? items[0] : { op: 'choice', items };
  }

  private sequence(depth: number): PatternNode {
    const items: PatternNode[] = [];
    let repeatable = false;
    for (;;) {
      const character = this.text[this.offset];
      if (character === undefined || character === '|' || character === ')') break;
      const bounds = this.repeatBounds(character);
      if (bounds === null) {
        const before = items.length;
        items.push(...this.atom(character, depth));
        repeatable = items.length > before;
        continue;
      }
      const item = items.at(-1);
      if (!repeatable || item === undefined) throw new PatternError('a repeat of nothing');
      items[items.length - 1] = repeated(item, bounds);
      this.take('?');
      if (this.repeatBounds(this.text[this.offset] ?? '') !== null)
        throw new PatternError('a repeat of a repeat');
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { op: 'sequence', items };
  }

  /* `*`, `+`, `?` or `{n,m}` at the current place, taken; null where there is none. A lone `{` is a plain character. */
  private repeatBounds(character: string): RepeatBounds | null {
    const simple = SIMPLE_REPEATS[character];
    if (simple !== undefined) {
      this.offset++;
      return simple;
    }
    if (character !== '{') return null;
    const match = /^\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/.exec(
      this.text.slice(this.offset, this.offset + 24).join(''),
    );
    if (match === null) return null;
    this.offset += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? null : Number(match[3]);
    if (min > MAX_REPEAT || (max !== null && (max > MAX_REPEAT || max < min))) {
      throw new PatternError('a repeat of more than 1000, or from more to less');
    }
    return { min, max, counted: true };
  }

  private atom(character: string, depth: number): readonly PatternNode[] {
    this.offset++;
    switch (character) {
      case '(':
        return this.group(depth);
      case '[':
        return [this.set(this.characterClass(), { foldNow: false })];
      case '.':
        return [this.set(this.flags.dotAll ? ANY : ANY_BUT_NEWLINE, { foldNow: false })];
      case '^':
        return [{ op: 'assert', assertion: this.flags.multiline ? 'line-begin' : 'text-begin' }];
      case '$':
        return [{ op: 'assert', assertion: this.flags.multiline ? 'line-end' : 'text-end' }];
      case '\\':
        return this.escape();
      default:
        return [this.literal(character)];
    }
  }

  private literal(character: string): PatternNode {
    const codePoint = character.codePointAt(0) ?? 0;
    return this.set(range(codePoint, codePoint), { foldNow: this.flags.fold });
  }

  private set(set: CharacterSet, { foldNow }: { readonly foldNow: boolean }): PatternNode {
    return { op: 'set', set: foldNow ? foldCase(set) : set };
  }

  /* After `(`: a group, or flags for the rest of the enclosing group. */
  private group(depth: number): readonly PatternNode[] {
    const outer = this.flags;
    if (this.take('?')) {
      if (this.take('P')) {
        if (!this.take('<')) throw new PatternError('invalid group');
        this.groupName();
      } else if (this.take('<')) this.groupName();
      else if (this.flagsEnd() === ')') return [];
    }
    const item = this.choice(depth + 1);
    if (!this.take(')')) throw new PatternError('missing )');
    this.flags = outer;
    return [item];
  }

  private groupName(): void {
    const end = this.text.indexOf('>', this.offset);
    const name = this.text.slice(this.offset, end === -1 ? this.offset : end).join('');
    if (!/^\w+$/.test(name) || this.groupNames.has(name)) throw new PatternError('invalid group name');
    this.groupNames.add(name);
    this.offset = end + 1;
  }

  /* `i-s:` or `i-s)`: sets the flags and returns what ended them. */
  private flagsEnd(): ':' | ')' {
    let value = true;
    let pending = false;
    for (;;) {
      const character = this.text[this.offset++];
      if (character === 'i') this.flags = { ...this.flags, fold: value };
      else if (character === 'm') this.flags = { ...this.flags, multiline: value };
      else if (character === 's') this.flags = { ...this.flags, dotAll: value };
      else if (character === '-' && value) value = false;
      else if ((character === ':' || character === ')') && (value || pending)) return character;
      else if (character !== 'U') throw new PatternError('invalid group: RE2 has no look-around');
      pending = character !== '-';
    }
  }

  private escape(): readonly PatternNode[] {
    const character = this.text[this.offset];
    if (character === undefined) throw new PatternError('a backslash at the end');
    const assertion = ESCAPED_ASSERTIONS[character];
    if (assertion !== undefined) {
      this.offset++;
      return [{ op: 'assert', assertion }];
    }
    if (character === 'Q') return this.quoted();
    const set = this.escapedSet();
    if (set !== null) return [this.set(set, { foldNow: this.flags.fold })];
    const codePoint = this.escapedCodePoint();
    return [this.set(range(codePoint, codePoint), { foldNow: this.flags.fold })];
  }

  /* \Q…\E: plain characters. */
  private quoted(): readonly PatternNode[] {
    this.offset++;
    const items: PatternNode[] = [];
    while (this.offset < this.text.length) {
      if (this.text[this.offset] === '\\' && this.text[this.offset + 1] === 'E') {
        this.offset += 2;
        return items;
      }
      items.push(this.literal(this.text[this.offset++] ?? ''));
    }
    return items;
  }

  /* \d, \pL, \P{Greek} after the backslash; null where it is another escape. */
  private escapedSet(): CharacterSet | null {
    const letter = this.text[this.offset] ?? '';
    const perl = perlClass(letter);
    if (perl !== null) {
      this.offset++;
      return perl;
    }
    if (letter !== 'p' && letter !== 'P') return null;
    this.offset++;
    const name = this.take('{') ? this.upTo('}') : (this.text[this.offset++] ?? '');
    const negatedName = name.startsWith('^');
    const set = unicodeClass(negatedName ? name.slice(1) : name);
    if (set === null) throw new PatternError(`no character class ${name}`);
    return (letter === 'P') !== negatedName ? complement(set) : set;
  }

  private escapedCodePoint(): number {
    const character = this.text[this.offset++] ?? '';
    if (/^[1-7]$/.test(character) && !/^[0-7]$/.test(this.text[this.offset] ?? '')) {
      throw new PatternError('RE2 has no backreferences');
    }
    if (/^[0-7]$/.test(character)) return this.octal(character);
    if (character === 'x') return this.hexadecimal();
    const control = CONTROL_ESCAPES[character];
    if (control !== undefined) return control;
    if (/^[\x00-\x7f]$/.test(character) && !/^[A-Za-z0-9]$/.test(character)) return character.charCodeAt(0);
    throw new PatternError(`invalid escape \\${character}`);
  }

  private octal(first: string): number {
    let digits = first;
    while (digits.length < 3 && /^[0-7]$/.test(this.text[this.offset] ?? ''))
      digits += this.text[this.offset++] ?? '';
    return Number.parseInt(digits, 8);
  }

  private hexadecimal(): number {
    const digits = this.take('{')
      ? this.upTo('}')
      : `${this.text[this.offset++] ?? ''}${this.text[this.offset++] ?? ''}`;
    const value = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(value <= 0x10ffff) || (digits.length < 2 && this.text[this.offset - 1] !== '}')) {
      throw new PatternError('invalid escape \\x');
    }
    return value;
  }

  /* After `[`. */
  private characterClass(): CharacterSet {
    const negated = this.take('^');
    const sets: CharacterSet[] = [];
    for (let first = true; first || this.text[this.offset] !== ']'; first = false) {
      if (this.offset >= this.text.length) throw new PatternError('missing ]');
      sets.push(this.classItem());
    }
    this.offset++;
    const set = this.flags.fold ? foldCase(union(sets)) : union(sets);
    return negated ? complement(set) : set;
  }

  private classItem(): CharacterSet {
    if (this.text[this.offset] === '[' && this.text[this.offset + 1] === ':') {
      const end = this.text.findIndex(
        (_, at) => at > this.offset + 1 && this.text[at] === ':' && this.text[at + 1] === ']',
      );
      if (end !== -1) return this.namedClass(end);
    }
    if (this.text[this.offset] === '\\') {
      this.offset++;
      const set = this.escapedSet();
      if (set !== null) return set;
      this.offset--;
    }
    const low = this.classCharacter();
    if (this.text[this.offset] !== '-' || [']', undefined].includes(this.text[this.offset + 1]))
      return range(low, low);
    this.offset++;
    const high = this.classCharacter();
    if (high < low) throw new PatternError('a range from more to less');
    return range(low, high);
  }

  private namedClass(end: number): CharacterSet {
    const name = this.text.slice(this.offset + 2, end).join('');
    const set = posixClass(name);
    if (set === null) throw new PatternError(`no character class [:${name}:]`);
    this.offset = end + 2;
    return set;
  }

  private classCharacter(): number {
    const character = this.text[this.offset++];
    if (character === undefined) throw new PatternError('missing ]');
    return character === '\\' ? this.escapedCodePoint() : (character.codePointAt(0) ?? 0);
  }

  private upTo(close: string): string {
    const end = this.text.indexOf(close, this.offset);
    if (end === -1) throw new PatternError(`missing ${close}`);
    const content = this.text.slice(this.offset, end).join('');
    this.offset = end + 1;
    return content;
  }

  private take(character: string): boolean {
    if (this.text[this.offset] !== character) return false;
    this.offset++;
    return true;
  }
}

const SIMPLE_REPEATS: Readonly<Record<string, RepeatBounds>> = {
  '*': { min: 0, max: null, counted: false },
  '+': { min: 1, max: null, counted: false },
  '?': { min: 0, max: 1, counted: false },
};

const ESCAPED_ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text-begin',
  z: 'text-end',
  b: 'word',
  B: 'not-word',
};

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
