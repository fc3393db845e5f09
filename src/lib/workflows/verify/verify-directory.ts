// A directory of evidence: every file verified, many at a time, one summary.

import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

import { MAX_BUNDLE_BYTES } from '../../audit/evidence-bundle.js';
import { CleanroomError } from '../../errors.js';
import { fileError, readFileBounded } from '../../files/read-bounded.js';
import type { Progress } from '../../progress.js';
import type { VerificationPlan } from '../../audit/verification-plan.js';
import { inParallel } from './plan-verification.js';
import { verifyEvidenceFile } from '../../audit/verify-evidence-file.js';

export interface DirectoryEntry {
  /** Relative to the directory. */
  readonly path: string;
  readonly outcome: 'accepted' | 'refused' | 'not-evidence';
  /** Ids of the checks that failed. */
  readonly failed: readonly string[];
  /** Error code and message of a file that is no evidence. */
  readonly problem?: string;
}

export interface DirectorySummary {
  readonly files: number;
  readonly accepted: number;
  readonly refused: number;
  readonly notEvidence: number;
  readonly entries: readonly DirectoryEntry[];
}

/** How many files are open at once: enough to keep the signature threads busy while this thread parses. */
const IN_FLIGHT = 4 * availableParallelism();

/** Verifies every regular file under `directory`, hidden ones left out; entries in the order of their paths. */
export async function verifyDirectory(
  directory: string,
  plan: VerificationPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<DirectorySummary> {
  const paths = await listFiles(directory);
  progress.phase(`verifying ${paths.length} files`);
  const entries: DirectoryEntry[] = [];
  const queue = paths.entries();
  const parallel = inParallel(plan);
  let finished = 0;
  const work = async (): Promise<void> => {
    for (const [index, path] of queue) {
      signal.throwIfAborted();
      entries[index] = { path: relative(directory, path), ...(await verifyOne(path, parallel)) };
      finished += 1;
      progress.advance(finished / paths.length, `${finished} of ${paths.length}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  const count = (outcome: DirectoryEntry['outcome']): number =>
    entries.filter((entry) => entry.outcome === outcome).length;
  return {
    files: entries.length,
    accepted: count('accepted'),
    refused: count('refused'),
    notEvidence: count('not-evidence'),
    entries,
  };
}

async function listFiles(directory: string): Promise<readonly string[]> {
  try {
    const found = await readdir(directory, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (cause) {
    throw fileError(directory, cause);
  }
}

async function verifyOne(path: string, plan: VerificationPlan): Promise<Omit<DirectoryEntry, 'path'>> {
  try {
    const { verdict, checks } = await verifyEvidenceFile(await readFileBounded(path, MAX_BUNDLE_BYTES), plan);
    const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id);
    return { outcome: verdict, failed };
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    return { outcome: 'not-evidence', failed: [], problem: `${cause.code}: ${cause.message}` };
  }
}
