// A text that a pattern takes, as short and plain as it can be: for examples in findings.

import type { CharacterSet } from './character-class.js';
import { parsePattern } from './parse-pattern.js';
import { PatternError, type PatternNode } from './pattern-node.js';

const PREFERRED = 'a1xA/-_.=:, ';
const LAST_TRIED = 0x2fff;

/** A text in which the pattern is found; null where RE2 refuses the pattern or no such text is easily made. */
export function exampleOf(pattern: string): string | null {
  return examplesOf(pattern)[0] ?? null;
}

/** One such text for every branch of an alternation, since the branches of `a|b` are anchored at one end each. */
export function examplesOf(pattern: string): readonly string[] {
  try {
    const node = parsePattern(pattern);
    const branches = node.op === 'choice' ? node.items : [node];
    return branches.map(exampleOfNode).filter((example) => example !== null);
  } catch (cause) {
    if (cause instanceof PatternError) return [];
    throw cause;
  }
}

function exampleOfNode(node: PatternNode): string | null {
  switch (node.op) {
    case 'set':
      return memberOf(node.set);
    case 'assert':
      return '';
    case 'sequence':
      return joined(node.items.map(exampleOfNode));
    case 'choice':
      return node.items.map(exampleOfNode).find((example) => example !== null) ?? null;
    case 'repeat': {
      if (node.min === 0) return '';
      const once = exampleOfNode(node.item);
      return once === null ? null : once.repeat(node.min);
    }
  }
}

function joined(parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.join('');
}

function memberOf(set: CharacterSet): string | null {
  for (const character of PREFERRED) {
    if (set(character.charCodeAt(0))) return character;
  }
  for (let codePoint = 0x21; codePoint <= LAST_TRIED; codePoint++) {
    if (set(codePoint)) return String.fromCodePoint(codePoint);
  }
  return null;
}
