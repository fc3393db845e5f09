// What a bench file reports: one line of `npm run bench`.

export interface BenchRow {
  readonly name: string;
  /** What it was measured against, in the same run. */
  readonly against: string;
  /** The figure of `name` divided by that of `against`. */
  readonly ratio: number;
  /** What the ratio should be. */
  readonly target: string;
  /** The two figures with their units. */
  readonly detail: string;
}
