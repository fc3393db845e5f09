// JSON from outside: RFC 8259 with one meaning a text. Duplicate keys, deep nesting and trailing bytes are refused.

import type { Json } from './canonical-json.js';

export interface StrictJsonLimits {
  /** Nesting depth of arrays and objects; 64 if absent. */
  readonly maxDepth?: number;
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
 * `JSON.parse` lets pass: duplicate member names (also `__proto__`) and nesting beyond the limit.
 *
 * @throws StrictJsonError naming the offset.
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits = {}): Json {
  new DuplicateKeyScan(text, limits.maxDepth ?? 64).run();
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new StrictJsonError(`not JSON (${cause instanceof Error ? cause.name : 'error'})`, 0);
  }
}

/* A pass over the tokens: an object frame holds the names seen so far. Grammar errors are left to JSON.parse. */
class DuplicateKeyScan {
  private readonly frames: (Set<string> | null)[] = [];
  private expectName = false;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  run(): void {
    const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;
    for (let match = token.exec(this.text); match !== null; match = token.exec(this.text)) {
      this.accept(match[0], match.index);
    }
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
  }
}
