// Some files of a directory, each to an entry of the summary.

import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { rememberRsaSignatures } from '../../attestation/crypto/remembered-crypto.js';
import { MAX_BUNDLE_BYTES } from '../../evidence/evidence-bundle.js';
import type { VerificationPlan } from '../../evidence/verification-plan.js';
import { verifyEvidenceFile } from '../../evidence/verify-evidence-file.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded } from '../../base/files/read-bounded.js';
import { lazyJudge } from './lazy-judge.js';

export interface FileOutcome {
  readonly outcome: 'accepted' | 'refused' | 'unproven' | 'not-evidence';
  /** Ids of the checks that failed. */
  readonly failed: readonly string[];
  /** Error code and message of a file that is no evidence. */
  readonly problem?: string;
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
export function createBatchVerifier(values: PlanValues): (path: string) => Promise<FileOutcome> {
  const crypto = rememberRsaSignatures(nodeSignatureCrypto);
  // What judges programs is no value that a thread could be told: each has its own.
  const judge = values.contract === undefined ? {} : { judgeProgram: lazyJudge(values.contract) };
  const plan: VerificationPlan = { ...values, crypto, ...judge };
  return (path) => verifyOne(path, plan);
}

async function verifyOne(path: string, plan: VerificationPlan): Promise<FileOutcome> {
  try {
    const { verdict, checks } = await verifyEvidenceFile(await readFileBounded(path, MAX_BUNDLE_BYTES), plan);
    const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id);
    return { outcome: verdict, failed };
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    return { outcome: 'not-evidence', failed: [], problem: `${cause.code}: ${cause.message}` };
  }
}
