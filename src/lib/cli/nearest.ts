// What somebody may have meant by a word that is not known.

/* Farther than this it is another word, not a slip. */
const MAX_SLIPS = 3;

/** The known word that is nearest to `typed`; null where none is near. */
export function nearestWord(typed: string, known: readonly string[]): string | null {
  const [best] = known
    .map((word) => ({ word, slips: editDistance(typed, word) }))
    .sort((a, b) => a.slips - b.slips);
  return best !== undefined && best.slips <= Math.min(MAX_SLIPS, typed.length / 2) ? best.word : null;
}

/* Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals" (1966), a row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
