// How guests read the pattern of a rule (hcsshim framework.rego, anchor_pattern).

/**
 * Frameworks up to 0.3 search for a pattern anywhere; later ones (hcsshim since 2025-11) put ^ before and $ after it, as
 * text, where it does not begin and end so.
 */
export type Anchoring = 'anchored' | 'unanchored';

/** The pattern that a guest gives to RE2, which searches for it anywhere in the text. */
export function asGuestReads(pattern: string, anchoring: Anchoring): string {
  if (anchoring === 'unanchored') return pattern;
  return `${pattern.startsWith('^') ? '' : '^'}${pattern}${pattern.endsWith('$') ? '' : '$'}`;
}
