// One difference between two policies.

/** Whether the second policy allows more, less, the same in other words, or something that cannot be compared. */
export type DifferenceEffect = 'wider' | 'narrower' | 'none' | 'unclear';

export interface PolicyDifference {
  /** Where: `containers[summarizer].layers[1]`. */
  readonly path: string;
  readonly effect: DifferenceEffect;
  /** What became what, one sentence. */
  readonly message: string;
}

export function difference(path: string, effect: DifferenceEffect, message: string): PolicyDifference {
  return { path, effect, message };
}
