// re2 patterns that mean the same to every guest: frameworks to 0.3 search for a pattern anywhere in `NAME=VALUE`,
// later ones put ^ and $ around it as text unless they are there (hcsshim framework.rego, anchor_pattern).

/**
 * `pattern` over the whole variable, under either kind of guest. An alternation is put into a group first, because
 * `^a|b$` is two halves, each anchored at one end only.
 */
export function anchorPattern(pattern: string): string {
  return pattern.includes('|') ? `^(?:${pattern})$` : `^${pattern}$`;
}
