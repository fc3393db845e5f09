// Environment rules in parts (`{name, value}`, framework 0.5) as rules about the whole variable.

import { parsePattern } from '../pattern/parse-pattern.js';
import { PatternError, type PatternNode } from '../pattern/pattern-node.js';
import { escapePattern } from '../pattern/escape.js';
import { asGuestReads } from '../pattern/reading.js';
import type { EnvironmentParts, EnvironmentRule, EnvironmentStrategy } from '../policy-document.js';

/**
 * A rule that takes at least every variable that the parts take: whoever asks what a host could set by it is never told too
 * little. What exactly the parts take, the guest alone decides (hcsshim framework.rego, env_rule_ok).
 */
export function wholeRule({
  name,
  nameStrategy,
  value,
  valueStrategy,
}: EnvironmentParts): Pick<EnvironmentRule, 'pattern' | 'strategy'> {
  if (nameStrategy === 'string' && valueStrategy === 'string') {
    return { pattern: `${name}=${value}`, strategy: 'string' };
  }
  return {
    pattern: `^${wholePart(name, nameStrategy)}=${wholePart(value, valueStrategy)}$`,
    strategy: 're2',
  };
}

const ANYTHING = '(?s:.*)';

function wholePart(text: string, strategy: EnvironmentStrategy): string {
  if (strategy === 'string') return escapePattern(text);
  const read = asGuestReads(text, 'anchored');
  try {
    return isWholeAnchored(parsePattern(read)) ? `(?:${read.slice(1, -1)})` : ANYTHING;
  } catch (cause) {
    if (cause instanceof PatternError) return ANYTHING;
    throw cause;
  }
}

/* Begins and ends with its anchors, and has none between: only then is the middle the same inside the whole. */
function isWholeAnchored(node: PatternNode): boolean {
  if (node.op !== 'sequence') return false;
  const [first, ...others] = node.items;
  const last = others.pop();
  return (
    first?.op === 'assert' &&
    first.assertion === 'text-begin' &&
    last?.op === 'assert' &&
    last.assertion === 'text-end' &&
    !others.some(hasAssertion)
  );
}

function hasAssertion(node: PatternNode): boolean {
  switch (node.op) {
    case 'set':
      return false;
    case 'assert':
      return true;
    case 'repeat':
      return hasAssertion(node.item);
    case 'sequence':
    case 'choice':
      return node.items.some(hasAssertion);
  }
}
