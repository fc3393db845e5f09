// One finding: what is so, what somebody may do because of it, and what to do about it.

import { LINT_RULES, type LintId, type Severity } from './lint-rules.js';

export interface Finding {
  readonly id: LintId;
  readonly severity: Severity;
  /** Container it is about; null for the policy as a whole. */
  readonly container: string | null;
  /** What is so, one sentence. */
  readonly message: string;
  /** What the host, or somebody else, may do because of it. */
  readonly example: string;
  /** What to do about it. */
  readonly remedy: string;
  /** What in the policy it is about, in full where the message is shortened: what an acceptance of it covers. */
  readonly about: string;
}

export function finding(
  id: LintId,
  container: string | null,
  message: string,
  example: string,
  about: string = message,
): Finding {
  const { severity, remedy } = LINT_RULES[id];
  return { id, severity, container, message, example, remedy, about };
}
