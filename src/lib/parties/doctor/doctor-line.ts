// One line of `doctor`: what was looked at, why it matters, and how to mend it.

export type DoctorStatus = 'ok' | 'warn' | 'fail' | 'skip';

export interface DoctorLine {
  readonly id: string;
  readonly status: DoctorStatus;
  /** What is so; for a skipped line, why it was not looked at. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do; empty for a line that needs nothing. */
  readonly fix: string;
}

/** The fixed part of a check; its outcome is added by the functions below. */
export interface DoctorCheck {
  readonly id: string;
  readonly why: string;
  readonly fix: string;
}

export function ok({ id, why }: DoctorCheck, what: string): DoctorLine {
  return { id, status: 'ok', what, why, fix: '' };
}

export function fail({ id, why, fix }: DoctorCheck, what: string): DoctorLine {
  return { id, status: 'fail', what, why, fix };
}

/** Works, but not in every case, or not as safely as it could. */
export function warn({ id, why, fix }: DoctorCheck, what: string): DoctorLine {
  return { id, status: 'warn', what, why, fix };
}

/** Not looked at; `reason` says why. */
export function skip({ id, why }: DoctorCheck, reason: string): DoctorLine {
  return { id, status: 'skip', what: `not checked: ${reason}`, why, fix: '' };
}
