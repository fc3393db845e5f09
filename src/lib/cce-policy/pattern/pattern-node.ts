// The tree of a pattern, and RE2's bound on repeats: no item is copied more than 1000 times, nested repeats multiplied.

import type { CharacterSet } from './character-class.js';

export type Assertion = 'text-begin' | 'text-end' | 'line-begin' | 'line-end' | 'word' | 'not-word';

export type PatternNode =
  | { readonly op: 'set'; readonly set: CharacterSet }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { readonly op: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly op: 'choice'; readonly items: readonly PatternNode[] }
  | {
      readonly op: 'repeat';
      readonly item: PatternNode;
      readonly min: number;
      readonly max: number | null;
      /** Written as `{n,m}`: these multiply when nested, and RE2 bounds the product. */
      readonly counted: boolean;
    };

/** RE2 does not take this pattern; a rule with it never matches. */
export class PatternError extends Error {
  override readonly name: string = 'PatternError';
}

/** RE2 may take this pattern; this evaluator does not, and cannot say what it matches. */
export class PatternTooLarge extends PatternError {
  override readonly name = 'PatternTooLarge';
}

export const MAX_REPEAT = 1000;

export interface RepeatBounds {
  readonly min: number;
  readonly max: number | null;
  readonly counted: boolean;
}

/** `item` repeated. @throws PatternError if RE2 would not copy it so often. */
export function repeated(item: PatternNode, bounds: RepeatBounds): PatternNode {
  const node: PatternNode = { op: 'repeat', item, ...bounds };
  if (bounds.counted && repeatProduct(node) > MAX_REPEAT) {
    throw new PatternError('nested repeats of more than 1000 in all');
  }
  return node;
}

/* How often the innermost item is copied along the worst path; RE2 allows 1000. */
const products = new WeakMap<PatternNode, number>();

function repeatProduct(node: PatternNode): number {
  const known = products.get(node);
  if (known !== undefined) return known;
  const product = computeProduct(node);
  products.set(node, product);
  return product;
}

function computeProduct(node: PatternNode): number {
  switch (node.op) {
    case 'set':
    case 'assert':
      return 1;
    case 'sequence':
    case 'choice':
      return node.items.reduce((most, item) => Math.max(most, repeatProduct(item)), 1);
    case 'repeat': {
      if (!node.counted) return repeatProduct(node.item);
      if (node.max === 0) return 1;
      return Math.max(1, node.max ?? node.min) * repeatProduct(node.item);
    }
  }
}
