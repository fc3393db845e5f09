// Which known name a misspelt one was meant to be.

/**
 * The known name that takes the fewest changes of single characters, without regard to case; null where none takes at most a
 * third of its length.
 */
export function closestName(name: string, known: readonly string[]): string | null {
  const near = known
    .map((candidate) => ({ candidate, changes: changesBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, changes }) => changes <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.changes - b.changes);
  return near[0]?.candidate ?? null;
}

/** ` Did you mean …?` where a known name is close, else nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const closest = closestName(name, known);
  return closest === null ? '' : ` Did you mean ${closest}?`;
}

/* Characters inserted, left out or replaced (Wagner and Fischer, 1974), one row at a time. */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, character] of Array.from(a).entries())
    row = Array.from(b).reduce<number[]>(
      (next, other, column) => [
        ...next,
        Math.min(
          (next[column] ?? 0) + 1,
          (row[column + 1] ?? 0) + 1,
          (row[column] ?? 0) + (character === other ? 0 : 1),
        ),
      ],
      [index + 1],
    );
  return row.at(-1) ?? 0;
}
