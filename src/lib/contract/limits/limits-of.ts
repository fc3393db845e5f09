// Which of a contract's two sets of limits a result is measured by: its method decides.

import { CleanroomError } from '../../base/errors.js';
import type { Contract, TextLimits } from '../schema.js';

/** @throws CleanroomError CONTRACT_INVALID for sentences of the text under a contract that has no limits for them */
export function textLimitsOf({ name, summary }: Contract, method: string): TextLimits {
  if (method !== 'extractive') return summary.limits;
  if (summary.extractiveLimits !== undefined) return summary.extractiveLimits;
  throw new CleanroomError(
    'CONTRACT_INVALID',
    `summary.extractiveLimits: the contract ${name} has none, so no sentence of the text may leave`,
  );
}
