// The list of checks of one verification: ids from check-ids.ts, the specification filled in from there.

import { type Check, CheckList } from '../base/verdict/check.js';
import { type CheckId, CHECKS } from './check-ids.js';

export interface CheckFindings {
  readonly expected?: string;
  readonly actual?: string;
  /** Why it failed, for the case that it does. */
  readonly reason?: string;
}

/** What was found where there is no value to show. */
export const AS_EXPECTED = 'as expected';

/** Collects checks under known ids. */
export class CheckLog {
  private readonly list = new CheckList();

  /**
   * Records that `id` holds or does not; a `reason` is kept for a failure only. Where a caller has no values to compare,
   * the claim itself is what was expected.
   */
  record(id: CheckId, holds: boolean, { reason, ...findings }: CheckFindings = {}): void {
    this.list.record(id, holds, {
      expected: CHECKS[id].claim,
      actual: holds ? AS_EXPECTED : (reason ?? 'it is not so'),
      ...findings,
      ...(holds || reason === undefined ? {} : { reason }),
      spec: CHECKS[id].spec,
    });
  }

  /** Records `id` as failed with `problem`, or as passed where that is null. */
  recordProblem(id: CheckId, problem: string | null, findings: CheckFindings = {}): void {
    this.record(id, problem === null, problem === null ? findings : { ...findings, reason: problem });
  }

  /** Records `id` against what was demanded; where nothing was, it is listed as not made, with the value. */
  demand(
    id: CheckId,
    expected: string | undefined,
    { actual, holds, reason }: { readonly actual: string; readonly holds: boolean; readonly reason: string },
  ): void {
    if (expected !== undefined) this.record(id, holds, { expected, actual, reason });
    else
      this.list.skip(id, { actual, reason: `nothing was demanded of it: ${actual}`, spec: CHECKS[id].spec });
  }

  /** Records that each of `ids` was not made, and why. */
  skip(reason: string, ...ids: readonly CheckId[]): void {
    for (const id of ids) this.list.skip(id, { reason, spec: CHECKS[id].spec });
  }

  checks(): readonly Check[] {
    return this.list.list();
  }
}

const ORDER: ReadonlyMap<string, number> = new Map(Object.keys(CHECKS).map((id, index) => [id, index]));

/** The checks of several logs in the order of check-ids.ts; those that are not in it come last, as they came. */
export function inOrder(...lists: readonly (readonly Check[])[]): readonly Check[] {
  const rank = (check: Check): number => ORDER.get(check.id) ?? ORDER.size;
  return lists.flat().sort((a, b) => rank(a) - rank(b));
}
