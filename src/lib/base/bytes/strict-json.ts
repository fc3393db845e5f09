// JSON from outside: RFC 8259 with one meaning a text (RFC 7493). Duplicate keys, deep nesting, trailing bytes, lone
// surrogates and numbers beyond a double are refused.

import { isWellFormed, type Json } from './canonical-json.js';

export interface StrictJsonLimits {
  /** Nesting depth of arrays and objects; 64 if absent. */
  readonly maxDepth?: number;
  /** Members of all objects together; without end if absent. */
  readonly maxMembers?: number;
}

/** Why a text is not acceptable JSON, and where (offset in UTF-16 units). */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(`${message} at offset ${String(offset)}`);
  }
}

/**
 * Parses JSON strictly. The value is built by `JSON.parse`; this reader only walks the text to refuse what
 * `JSON.parse` lets pass: duplicate member names (also `__proto__`), nesting beyond the limit, and what has no canonical
 * form (RFC 8785): a lone surrogate, or a number that becomes infinite.
 *
 * @throws StrictJsonError naming the offset.
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits = {}): Json {
  new DuplicateKeyScan(text, limits.maxDepth ?? 64, limits.maxMembers ?? Infinity).run();
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new StrictJsonError(`not JSON (${cause instanceof Error ? cause.name : 'error'})`, 0);
  }
  const suspect = SUSPECT.exec(text);
  if (suspect !== null && !hasCanonicalForm(value))
    throw new StrictJsonError('a string or number that has no canonical form', suspect.index);
  return value;
}

/* Texts that may hold a lone surrogate or an infinite number; most hold neither, and are not walked. */
const SUSPECT = /\\u[dD][89a-fA-F]|[\uD800-\uDFFF]|[eE]\+?0*[1-9]\d\d|\d{300}/;

function hasCanonicalForm(value: Json | undefined): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isWellFormed(name) && hasCanonicalForm(member));
}

/* A pass over the tokens: an object frame holds the names seen so far. Grammar errors are left to JSON.parse. */
class DuplicateKeyScan {
  private readonly frames: (Set<string> | null)[] = [];
  private expectName = false;
  private members = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
    private readonly maxMembers: number,
  ) {}

  run(): void {
    const { text } = this;
    const mark = /["{}[\],]/g;
    for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
      if (match[0] === '"') mark.lastIndex = this.endOfString(match.index);
      this.accept(text.slice(match.index, mark.lastIndex), match.index);
    }
  }

  /* Behind the closing quote of the string that starts at `start`. */
  private endOfString(start: number): number {
    const stop = /["\\]/g;
    stop.lastIndex = start + 1;
    for (let match = stop.exec(this.text); match !== null; match = stop.exec(this.text)) {
      if (match[0] === '"') return stop.lastIndex;
      stop.lastIndex += 1;
    }
    return this.text.length;
  }

  private accept(token: string, offset: number): void {
    const first = token[0];
    if (first === '{' || first === '[') this.enter(first, offset);
    else if (first === '}' || first === ']') this.leave();
    else if (first === ',') this.expectName = this.frames.at(-1) instanceof Set;
    else if (this.expectName) this.name(token, offset);
  }

  private enter(bracket: '{' | '[', offset: number): void {
    if (this.frames.length >= this.maxDepth) {
      throw new StrictJsonError(`nested deeper than ${String(this.maxDepth)}`, offset);
    }
    this.frames.push(bracket === '{' ? new Set() : null);
    this.expectName = bracket === '{';
  }

  private leave(): void {
    this.frames.pop();
    this.expectName = false;
  }

  private name(token: string, offset: number): void {
    this.expectName = false;
    const names = this.frames.at(-1);
    if (!(names instanceof Set)) return;
    let name: string;
    try {
      name = JSON.parse(token) as string;
    } catch {
      throw new StrictJsonError('a member name is not a JSON string', offset);
    }
    if (names.has(name)) throw new StrictJsonError(`duplicate member ${JSON.stringify(name)}`, offset);
    if (name === '__proto__') throw new StrictJsonError('member "__proto__"', offset);
    names.add(name);
    this.members += 1;
    if (this.members > this.maxMembers)
      throw new StrictJsonError(`more than ${this.maxMembers} members`, offset);
  }
}
