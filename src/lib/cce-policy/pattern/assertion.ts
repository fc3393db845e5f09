// Assertions of a pattern: what holds between two characters of a text.

import { isWordCharacter } from './character-class.js';
import type { Assertion } from './pattern-node.js';

/** A place in a text: the code points before and after it; undefined at the ends. */
export interface Position {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export function holds(assertion: Assertion, { before, after }: Position): boolean {
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
