// Matches the patterns of rules, each compiled once.

import { PatternError } from './pattern-node.js';
import { compilePattern, type Pattern } from './pattern.js';
import { type Anchoring, asGuestReads } from './reading.js';

/** Matches re2 patterns, each compiled once. A pattern that RE2 refuses, or that takes too long, matches nothing. */
export class PatternMatcher {
  private readonly compiled = new Map<string, Pattern | null>();

  constructor(private readonly anchoring: Anchoring) {}

  matches(pattern: string, text: string): boolean {
    const compiled = this.compile(asGuestReads(pattern, this.anchoring));
    if (compiled === null) return false;
    try {
      return compiled.found(text);
    } catch (cause) {
      if (cause instanceof PatternError) return false;
      throw cause;
    }
  }

  private compile(pattern: string): Pattern | null {
    const known = this.compiled.get(pattern);
    if (known !== undefined) return known;
    const compiled = compileOrNull(pattern);
    this.compiled.set(pattern, compiled);
    return compiled;
  }
}

function compileOrNull(pattern: string): Pattern | null {
  try {
    return compilePattern(pattern);
  } catch (cause) {
    if (cause instanceof PatternError) return null;
    throw cause;
  }
}
