// Why a run gave no result, for each data owner: sealed to it, with figures of its own datasets only, all of one length.

import { canonicalJson } from '../base/bytes/canonical-json.js';
import type { Check } from '../base/verdict/check.js';
import type { ErrorCode } from '../base/errors.js';
import type { ParsedContract } from '../contract/check.js';
import { encodeCause } from '../summarizer/cause-document.js';
import { measuredValues } from '../summarizer/result-document.js';
import { sealResult } from '../summarizer/sealed-result.js';

/** Why there is no result. */
export interface Cause {
  readonly code: ErrorCode;
  /** What the guard measured of an owner's own datasets; empty where it came to no measuring. */
  readonly checksFor: (owner: string) => readonly Check[];
}

/**
 * One text for all owners of datasets: each opens its own part with its result key.
 *
 * @returns JSON of `{v, use, causes: {OWNER: JWE}}`; of one length under a contract, whatever the cause.
 */
export async function sealCauses(
  { contract, digest }: ParsedContract,
  place: number | null,
  { code, checksFor }: Cause,
): Promise<string> {
  const causes: Record<string, string> = {};
  for (const { id, resultKey } of contract.parties) {
    if (resultKey === undefined || !contract.datasets.some(({ owner }) => owner === id)) continue;
    const checks = measuredValues(checksFor(id));
    const cause = { v: 1, use: 'cleanroom-cause', contract: digest, place, owner: id, code, checks } as const;
    causes[id] = await sealResult(encodeCause(cause), [resultKey]);
  }
  return canonicalJson({ v: 1, use: 'cleanroom-causes', causes });
}
