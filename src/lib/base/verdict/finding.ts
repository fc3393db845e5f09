// What lint and doctor report: something that is so, what it costs, and how to change it. One scale for all of them.

/** From the least grave. */
export const SEVERITIES = ['note', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One finding. `id` is stable; `where` names the place in the thing that was looked at, null for all of it. */
export interface Finding<Id extends string = string, Where extends string | null = string> {
  readonly id: Id;
  readonly severity: Severity;
  readonly where: Where;
  /** What is so, and what it makes possible. */
  readonly message: string;
  /** What to change. */
  readonly fix: string;
}

/** Whether a finding of this severity is at least as grave as `floor`. */
export function isAtLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor);
}

/** Whether any finding is an error (exit 4 of a lint command). */
export function isUnsafe(findings: readonly Pick<Finding, 'severity'>[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
