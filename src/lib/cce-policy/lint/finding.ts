// One finding: what is so, what somebody may do because of it, and what to do about it.

import type { Finding as AnyFinding } from '../../base/verdict/finding.js';
import { LINT_RULES, type LintId } from './lint-rules.js';

/** `where` is the container it is about; null for the policy as a whole. */
export interface Finding extends AnyFinding<LintId, string | null> {
  /** What the host, or somebody else, may do because of it. */
  readonly example: string;
  /** What in the policy it is about, in full where the message is shortened: what an acceptance of it covers. */
  readonly about: string;
}

export function finding(
  id: LintId,
  where: string | null,
  message: string,
  example: string,
  about: string = message,
): Finding {
  const { severity, remedy } = LINT_RULES[id];
  return { id, severity, where, message, example, fix: remedy, about };
}
