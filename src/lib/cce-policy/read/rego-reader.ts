// Reads the part of Rego that CCE policies are written in: one package, two imports, and assignments of plain values or
// of references into the framework. One pass, no backtracking. Whatever else Rego can say is refused, not guessed.

/** Longest text that is read, in UTF-16 units. */
export const MAX_REGO_LENGTH = 8 * 1024 * 1024;
const MAX_DEPTH = 32;

/** A value of an assignment; a reference is a path such as `data.framework.mount_device`. */
export type RegoValue =
  | null
  | boolean
  | number
  | string
  | readonly RegoValue[]
  | ReadonlyMap<string, RegoValue>
  | RegoReference
  | RegoParameter;

/** `parameter("name").member`: in fragments only, filled in by the guest. */
export class RegoParameter {
  constructor(
    readonly name: string,
    readonly members: readonly string[],
  ) {}
}

export class RegoReference {
  constructor(readonly path: string) {}
}

export interface RegoAssignment {
  readonly name: string;
  readonly value: RegoValue;
  readonly line: number;
}

export interface RegoModule {
  readonly packageName: string;
  readonly imports: readonly string[];
  readonly assignments: readonly RegoAssignment[];
}

/** Why a text is not in the subset, and on which line. */
export class RegoFormError extends Error {
  override readonly name = 'RegoFormError';
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(`line ${line}: ${message}`);
  }
}

/**
 * Reads a module. Linear in the length of the text.
 *
 * @param kind - a fragment may also hold `parameter("name")`.
 * @throws RegoFormError for anything outside the subset, with the line.
 */
export function readRego(text: string, kind: 'policy' | 'fragment' = 'policy'): RegoModule {
  if (text.length > MAX_REGO_LENGTH) {
    throw new RegoFormError(`longer than ${MAX_REGO_LENGTH} characters`, 1);
  }
  return new RegoReader(text, kind).module();
}

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
/* Bounded, as a group repeated over megabytes overflows the engine's stack; no known path has more than a few names. */
const PATH = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,31}/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\r\n]*/y;
const COMMENT = /#[^\n]*/y;
/* What ends a run of plain characters in a string: the closing quote, an escape, or a control character. */
const STRING_STOP = /["\\\u0000-\u001f]/g;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const RAW_STRING = /`[^`]*`/y;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

class RegoReader {
  private offset = 0;
  /* The line that `counted.offset` is on; never beyond `offset`. */
  private readonly counted = { offset: 0, line: 1 };

  constructor(
    private readonly text: string,
    private readonly kind: 'policy' | 'fragment',
  ) {}

  module(): RegoModule {
    this.skipSpace();
    this.word('package');
    const packageName = this.match(PATH, 'a package name');
    const imports: string[] = [];
    const assignments: RegoAssignment[] = [];
    this.endStatement();
    while (this.offset < this.text.length) {
      const line = this.line();
      const name = this.match(IDENTIFIER, 'a name');
      if (name === 'import') imports.push(this.importedPath());
      else assignments.push({ name, value: this.assignedValue(name), line });
      this.endStatement();
    }
    return { packageName, imports, assignments };
  }

  private importedPath(): string {
    this.sameLineSpace();
    return this.match(PATH, 'the path of an import');
  }

  private assignedValue(name: string): RegoValue {
    this.sameLineSpace();
    if (!this.take(':=')) throw this.error(`expected ${name} := followed by a value`);
    this.skipSpace();
    return this.value(0);
  }

  private value(depth: number): RegoValue {
    if (depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`);
    const character = this.text[this.offset];
    if (character === '"') return this.string();
    if (character === '`') return this.rawString();
    if (character === '[') return this.list(depth);
    if (character === '{') return this.object(depth);
    if (character !== undefined && /[-0-9]/.test(character)) return Number(this.match(NUMBER, 'a number'));
    const path = this.match(PATH, 'a value');
    if (path === 'true') return true;
    if (path === 'false') return false;
    if (path === 'null') return null;
    if (path.startsWith('data.')) return new RegoReference(path);
    if (path === 'parameter' && this.kind === 'fragment') return this.parameter();
    throw this.error(`${path} is not a plain value`);
  }

  private parameter(): RegoParameter {
    if (!this.take('(')) throw this.error('expected parameter("name")');
    this.skipSpace();
    const name = this.string();
    this.skipSpace();
    if (!this.take(')')) throw this.error('expected a closing parenthesis');
    const members: string[] = [];
    while (this.take('.')) members.push(this.match(IDENTIFIER, 'the name of a member'));
    return new RegoParameter(name, members);
  }

  private string(): string {
    if (this.text[this.offset] !== '"') throw this.error('expected a string in quotes');
    const start = this.offset;
    this.offset++;
    while (this.plainRun() !== '"') this.match(ESCAPE, 'a string on one line with the escapes of JSON');
    this.offset++;
    const value = JSON.parse(this.text.slice(start, this.offset)) as string;
    if (LONE_SURROGATE.test(value)) throw this.error('a string with half a surrogate pair');
    return value;
  }

  /* Goes to the next character that is not plain, and returns it. */
  private plainRun(): string {
    STRING_STOP.lastIndex = this.offset;
    const stop = STRING_STOP.exec(this.text);
    if (stop === null) throw this.error('a string without an end');
    this.offset = stop.index;
    return stop[0];
  }

  private rawString(): string {
    return this.match(RAW_STRING, 'a raw string').slice(1, -1);
  }

  private list(depth: number): readonly RegoValue[] {
    const items: RegoValue[] = [];
    this.offset++;
    this.skipSpace();
    while (!this.take(']')) {
      items.push(this.value(depth + 1));
      this.separator(']');
    }
    return items;
  }

  private object(depth: number): ReadonlyMap<string, RegoValue> {
    const members = new Map<string, RegoValue>();
    this.offset++;
    this.skipSpace();
    while (!this.take('}')) {
      if (this.text[this.offset] !== '"') throw this.error('expected a member name in quotes');
      const name = this.string();
      if (members.has(name)) throw this.error(`the member ${JSON.stringify(name)} stands twice`);
      this.skipSpace();
      if (!this.take(':')) throw this.error('expected a colon');
      this.skipSpace();
      members.set(name, this.value(depth + 1));
      this.separator('}');
    }
    return members;
  }

  /* Between items: a comma, also after the last one (Rego allows it), or the closing bracket. */
  private separator(close: string): void {
    this.skipSpace();
    if (this.take(',')) this.skipSpace();
    else if (this.text[this.offset] !== close) throw this.error(`expected a comma or ${close}`);
  }

  /* A statement ends with its line. */
  private endStatement(): void {
    const start = this.offset;
    this.skipSpace();
    if (this.offset < this.text.length && !this.text.slice(start, this.offset).includes('\n')) {
      throw this.error('expected the end of the line');
    }
  }

  private word(word: string): void {
    if (this.match(IDENTIFIER, word) !== word) throw this.error(`expected ${word}`);
    this.sameLineSpace();
  }

  private sameLineSpace(): void {
    while (this.text[this.offset] === ' ' || this.text[this.offset] === '\t') this.offset++;
  }

  private skipSpace(): void {
    do this.pass(SPACE);
    while (this.pass(COMMENT));
  }

  /* Whether the pattern took anything. */
  private pass(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    if (!pattern.test(this.text)) return false;
    this.offset = pattern.lastIndex;
    return true;
  }

  private take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.offset)) return false;
    this.offset += literal.length;
    return true;
  }

  private match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.offset;
    const match = pattern.exec(this.text);
    if (match === null) throw this.error(`expected ${what}`);
    this.offset = pattern.lastIndex;
    return match[0];
  }

  /* Counted on from the last time: a module has as many lines as assignments, and one count a line is square. */
  private line(): number {
    const { counted, text } = this;
    for (let at = text.indexOf('\n', counted.offset); at !== -1 && at < this.offset;) {
      counted.line++;
      counted.offset = at + 1;
      at = text.indexOf('\n', counted.offset);
    }
    return counted.line;
  }

  private error(message: string): RegoFormError {
    return new RegoFormError(message, this.line());
  }
}
