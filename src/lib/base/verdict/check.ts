// Checks and the verdict over them: every check is listed, also those that were not made.

export type CheckStatus = 'pass' | 'fail' | 'skip';

/** One named check. `id` is stable: scripts name it in `--require`. */
export interface Check {
  readonly id: string;
  readonly status: CheckStatus;
  readonly expected?: string;
  readonly actual?: string;
  /** Why it failed or was skipped, one sentence. */
  readonly reason?: string;
  /** The document and section that the check comes from. */
  readonly spec?: string;
}

/** Where the trust of a verdict ends: AMD hardware, an attestation service's word, or the local emulator. */
export type Trust = 'hardware' | 'service' | 'emulated';

export interface Verdict {
  readonly verdict: 'accepted' | 'refused';
  readonly trust: Trust;
  readonly checks: readonly Check[];
}

/** Collects checks and decides once at the end; an empty list is a refusal. */
export class CheckList {
  private readonly checks: Check[] = [];

  pass(id: string, details: Omit<Check, 'id' | 'status'> = {}): void {
    this.checks.push({ id, status: 'pass', ...details });
  }

  fail(id: string, details: Omit<Check, 'id' | 'status'>): void {
    this.checks.push({ id, status: 'fail', ...details });
  }

  skip(id: string, details: Omit<Check, 'id' | 'status'>): void {
    this.checks.push({ id, status: 'skip', ...details });
  }

  /** Records `holds` under `id`; the details are kept either way. */
  record(id: string, holds: boolean, details: Omit<Check, 'id' | 'status'>): void {
    this.checks.push({ id, status: holds ? 'pass' : 'fail', ...details });
  }

  list(): readonly Check[] {
    return [...this.checks];
  }
}

/**
 * Decides: accepted only if there is at least one check, none failed, and each of `required` passed.
 * A required check that was skipped or never made becomes a failure in the list that is returned.
 */
export function decide(checks: readonly Check[], trust: Trust, required: readonly string[] = []): Verdict {
  const settled = checks.map((check) =>
    check.status === 'skip' && required.includes(check.id)
      ? {
          ...check,
          status: 'fail' as const,
          reason: `required, but not checked: ${check.reason ?? 'no reason given'}`,
        }
      : check,
  );
  for (const id of required) {
    if (!settled.some((check) => check.id === id)) {
      settled.push({ id, status: 'fail', reason: 'required, but no such check was made' });
    }
  }
  const accepted =
    settled.some((check) => check.status === 'pass') && settled.every((check) => check.status !== 'fail');
  return { verdict: accepted ? 'accepted' : 'refused', trust, checks: settled };
}
