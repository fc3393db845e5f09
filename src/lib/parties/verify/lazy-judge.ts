// The judge of programs, made where a policy has to be judged: it brings the reader of images, and measures this
// installation's own room.

import type { ParsedContract } from '../../contract/check.js';
import type { VerificationPlan } from '../../evidence/verification-plan.js';
import type { JudgeProgram } from '../known-programs.js';

/** A judge under a contract, for a plan. @param trusted - `--trust-program`: `sha256:…` each */
export function lazyJudge(
  contract: ParsedContract,
  trusted: readonly string[] = [],
): NonNullable<VerificationPlan['judgeProgram']> {
  let judge: Promise<JudgeProgram> | undefined;
  return async (policy) => {
    judge ??= import('../known-programs.js').then(({ programJudge }) => programJudge(contract, { trusted }));
    return (await judge)(policy);
  };
}
