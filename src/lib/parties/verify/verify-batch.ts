// Some files of a directory, each to an entry of the summary.

import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { rememberRsaSignatures } from '../../attestation/crypto/remembered-crypto.js';
import { MAX_BUNDLE_BYTES } from '../../evidence/evidence-bundle.js';
import type { VerificationPlan } from '../../evidence/verification-plan.js';
import type { Trust } from '../../base/verdict/check.js';
import type { Scope } from '../../base/verdict/statement.js';
import { type Place, placeOf } from '../../evidence/receipt-places.js';
import { accepted, verifyEvidenceFile } from '../../evidence/verify-evidence-file.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded } from '../../base/files/read-bounded.js';
import { lazyJudge } from './lazy-judge.js';

export interface FileOutcome {
  readonly outcome: 'accepted' | 'refused' | 'unproven' | 'not-evidence';
  /** Of an accepted verdict; null where it says nothing about a room. */
  readonly trust: Trust | null;
  /** What was judged; null of a file that is no evidence. */
  readonly scope: Scope | null;
  /** Ids of the checks that failed. */
  readonly failed: readonly string[];
  /** Error code and message of a file that is no evidence. */
  readonly problem?: string;
}

/** With what has to be said beside the verdict. */
export interface WarnedOutcome {
  readonly outcome: FileOutcome;
  readonly warnings: readonly string[];
  /** Places of the budget that the receipts of accepted evidence take. */
  readonly places: readonly Place[];
}

/** A plan as it is told to another thread: values only. */
export type PlanValues = Omit<VerificationPlan, 'crypto' | 'judgeProgram'>;

/** Those values of a plan. */
export function planValues(plan: VerificationPlan): PlanValues {
  const values: PlanValues & Partial<VerificationPlan> = { ...plan };
  delete (values as { crypto?: unknown }).crypto;
  delete (values as { judgeProgram?: unknown }).judgeProgram;
  return values;
}

/** Verifies files one after the other; the signatures of authorities that they share, once. */
export function createBatchVerifier(values: PlanValues): (path: string) => Promise<WarnedOutcome> {
  const crypto = rememberRsaSignatures(nodeSignatureCrypto);
  // What judges programs is no value that a thread could be told: each has its own.
  const judge = values.contract === undefined ? {} : { judgeProgram: lazyJudge(values.contract) };
  const plan: VerificationPlan = { ...values, crypto, ...judge };
  return (path) => verifyOne(path, plan);
}

async function verifyOne(path: string, plan: VerificationPlan): Promise<WarnedOutcome> {
  try {
    const bytes = await readFileBounded(path, MAX_BUNDLE_BYTES);
    const file = await verifyEvidenceFile(bytes, plan);
    const { verdict, trust, scope, checks, warnings } = file;
    const receipts = accepted(file)?.receipts ?? [];
    const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id);
    return {
      outcome: { outcome: verdict, trust, scope: scope === 'before' ? null : scope, failed },
      warnings,
      places: receipts.flatMap(({ receipt }) => placeOf(receipt) ?? []),
    };
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    const problem = `${cause.code}: ${cause.message}`;
    return {
      outcome: { outcome: 'not-evidence', trust: null, scope: null, failed: [], problem },
      warnings: [],
      places: [],
    };
  }
}
