// A verdict without the checks that a script seldom asks for: there are more than a hundred.

import type { Check } from '../base/verdict/check.js';

/** The verdict with the checks that failed; `statements` still name every check beneath them. */
export function withFailedChecks<V extends { readonly checks: readonly Check[] }>(verdict: V): V {
  return { ...verdict, checks: verdict.checks.filter(({ status }) => status === 'fail') };
}
