// A directory of evidence: every file verified, many at a time, one summary.

import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import type { VerificationPlan } from '../../evidence/verification-plan.js';
import { fileError } from '../../base/files/read-bounded.js';
import type { Progress } from '../../base/progress.js';
import { areTwoResults, type Place } from '../../evidence/receipt-places.js';
import { BATCH_WORKER, verifyOnThreads } from './batch-pool.js';
import { createBatchVerifier, type FileOutcome, planValues, type WarnedOutcome } from './verify-batch.js';

export interface DirectoryEntry extends FileOutcome {
  /** Relative to the directory. */
  readonly path: string;
}

export interface DirectorySummary {
  readonly files: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unproven: number;
  readonly notEvidence: number;
  /** Links and hidden files, and whatever else is not a file or a directory: not read. */
  readonly leftOut: number;
  readonly entries: readonly DirectoryEntry[];
  /** What has to be said beside the verdicts, each with the number of files that it is about. */
  readonly warnings: readonly { readonly files: number; readonly text: string }[];
}

/** From so many files on, threads are worth their start. */
const MIN_FOR_THREADS = 64;

/**
 * Verifies every regular file under `directory`, entries in the order of their paths. Links are not followed, and hidden
 * files are not read: they are counted.
 *
 * @param worker - what a thread runs: the compiled batch-worker.js if absent.
 */
export async function verifyDirectory(
  directory: string,
  plan: VerificationPlan,
  progress: Progress,
  signal: AbortSignal,
  worker: URL = BATCH_WORKER,
): Promise<DirectorySummary> {
  const { paths, leftOut } = await listFiles(directory);
  progress.phase(`verifying ${paths.length} files`);
  const onFinished = (count: number): void =>
    progress.advance(count / paths.length, `${count} of ${paths.length}`);
  const warned =
    paths.length < MIN_FOR_THREADS
      ? await verifyHere(paths, createBatchVerifier(plan), onFinished, signal)
      : await verifyOnThreads(paths, planValues(plan), onFinished, signal, worker);
  const outcomes = heldTogether(warned);
  const count = (outcome: FileOutcome['outcome']): number =>
    outcomes.filter((entry) => entry.outcome === outcome).length;
  return {
    files: paths.length,
    accepted: count('accepted'),
    refused: count('refused'),
    unproven: count('unproven'),
    notEvidence: count('not-evidence'),
    leftOut,
    entries: outcomes.map((outcome, index) => ({
      path: relative(directory, paths[index] ?? ''),
      ...outcome,
    })),
    warnings: counted(warned.flatMap(({ warnings }) => warnings)),
  };
}

/* Of a room that was started on storage of an earlier state each file is right by itself: two of them are refused. */
function heldTogether(found: readonly WarnedOutcome[]): readonly FileOutcome[] {
  const all = found.flatMap(({ places }) => places).map((place) => [JSON.stringify(place), place] as const);
  const taken = new Map<string, Place[]>();
  for (const place of new Map(all).values())
    taken.set(keyOf(place), [...(taken.get(keyOf(place)) ?? []), place]);
  const isDouble = (place: Place): boolean =>
    (taken.get(keyOf(place)) ?? []).some((other) => areTwoResults(place, other));
  return found.map(({ places, outcome }) =>
    places.some(isDouble)
      ? { ...outcome, outcome: 'refused', trust: null, failed: [...outcome.failed, 'RECEIPT_PLACE'] }
      : outcome,
  );
}

function keyOf({ contract, place }: Place): string {
  return `${contract} ${place}`;
}

function counted(texts: readonly string[]): DirectorySummary['warnings'] {
  return [...new Set(texts)].map((text) => ({
    files: texts.filter((other) => other === text).length,
    text,
  }));
}

async function verifyHere(
  paths: readonly string[],
  verify: (path: string) => Promise<WarnedOutcome>,
  onFinished: (count: number) => void,
  signal: AbortSignal,
): Promise<readonly WarnedOutcome[]> {
  const outcomes: WarnedOutcome[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    onFinished(outcomes.push(await verify(path)));
    await turn();
  }
  return outcomes;
}

async function listFiles(
  directory: string,
): Promise<{ readonly paths: readonly string[]; readonly leftOut: number }> {
  try {
    const found = await readdir(directory, { recursive: true, withFileTypes: true });
    const leaves = found.filter((entry) => !entry.isDirectory());
    const paths = leaves
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    return { paths, leftOut: leaves.length - paths.length };
  } catch (cause) {
    throw fileError(directory, cause);
  }
}
