// What lint and doctor report: something that holds, what it costs, and how to change it.

export type Severity = 'error' | 'warning' | 'info';

/** One finding. `id` is stable; `where` names the place in the thing that was looked at. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly where: string;
  /** What is so, and what it makes possible. */
  readonly message: string;
  /** What to change. */
  readonly fix: string;
}

/** Whether any finding is an error (exit 4 of a lint command). */
export function isUnsafe(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
