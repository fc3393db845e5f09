// Lint with a file of reviewed findings.

import { readTextBounded } from '../base/files/read-bounded.js';
import { applyAcceptances, type JudgedFinding, parseAcceptances } from '../cce-policy/lint/acceptance.js';
import { lintPolicy } from '../cce-policy/lint/lint-policy.js';
import type { PolicyModel } from '../cce-policy/read/policy-model.js';

const MAX_ACCEPTED_FILE = 1024 * 1024;

/** Findings with the reasons of their acceptance, and a warning for each acceptance that no finding answers to. */
export async function lintReviewed(
  model: PolicyModel,
  acceptedFile: string | undefined,
): Promise<{ readonly findings: readonly JudgedFinding[]; readonly warnings: readonly string[] }> {
  const acceptances =
    acceptedFile === undefined
      ? []
      : parseAcceptances(await readTextBounded(acceptedFile, MAX_ACCEPTED_FILE));
  const { findings, unused } = applyAcceptances(lintPolicy(model), acceptances);
  const warnings = unused.map(
    ({ id, digest }) =>
      `no finding ${id} has the digest ${digest.slice(0, 12)}…: remove it from the accepted ones`,
  );
  return { findings, warnings };
}
