// What a room has its thread do, and what the thread says back: texts, digests, codes and checks; no key ever goes there.

import { textLimitsOf } from '../contract/limits/limits-of.js';
import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { appraiseDisclosure, withinLimits } from '../summarizer/disclosure.js';
import { createSummarizer, type Summarizer, type SummaryMethod } from '../summarizer/summarizer.js';
import type { Check } from '../base/verdict/check.js';
import { hasTooFewDocuments, type SourceDocument } from './documents.js';
import { summarizeAndAppraise, type Summarized } from './summarize-and-appraise.js';

/** A model's files and what the contract says of them; null where sentences are picked without one. */
export type ModelFiles = null | {
  readonly directory: string;
  readonly digest: string;
  readonly family: string;
};

export interface SummaryTask {
  readonly contract: Contract;
  readonly model: ModelFiles;
  readonly documents: readonly SourceDocument[];
}

/** What was made, and where it is outside the limits, what is measured over each owner's own documents. */
export interface AppraisedSummary extends Summarized {
  readonly within: boolean;
  readonly ofOwners: Readonly<Record<string, readonly Check[]>>;
}

/**
 * Opens the model, summarizes and measures.
 *
 * @throws CleanroomError as createSummarizer and the summarizer do, MODEL_INVALID for another family; the signal's reason
 */
export async function runSummaryTask(
  { contract, model, documents }: SummaryTask,
  signal: AbortSignal,
): Promise<AppraisedSummary> {
  const summarizer = await openSummarizer(model);
  try {
    const { method } = summarizer;
    if (tooFewDocuments(contract, method, documents)) return outsideLimits(contract, documents, method);
    const made = await summarizeAndAppraise({ parsed: { contract }, signal }, summarizer, documents);
    return appraised(contract, documents, made);
  } finally {
    await summarizer.close();
  }
}

/* Whether no summary by that method may leave, however it turns out. */
function tooFewDocuments(
  contract: Contract,
  method: SummaryMethod,
  documents: readonly SourceDocument[],
): boolean {
  return hasTooFewDocuments(textLimitsOf(contract, method), documents);
}

/* What is said where there are too few documents: nothing was summarized. */
function outsideLimits(
  contract: Contract,
  documents: readonly SourceDocument[],
  method: SummaryMethod,
): AppraisedSummary {
  const nothing = { summary: '', documents: [], method, checks: [] };
  return { ...nothing, within: false, ofOwners: checksOfOwners(contract, documents, nothing) };
}

/* What was made, with the judgement. */
function appraised(
  contract: Contract,
  documents: readonly SourceDocument[],
  made: Summarized,
): AppraisedSummary {
  const within = withinLimits(made.checks);
  return { ...made, within, ofOwners: within ? {} : checksOfOwners(contract, documents, made) };
}

/** The summarizer of those files. @throws CleanroomError as createSummarizer, MODEL_INVALID for another family */
export async function openSummarizer(model: ModelFiles): Promise<Summarizer> {
  if (model === null) return createSummarizer({ modelDirectory: null });
  const { directory, digest, family } = model;
  const summarizer = await createSummarizer({ modelDirectory: directory, expectedDigest: digest });
  if (summarizer.method === family) return summarizer;
  await summarizer.close();
  throw new CleanroomError(
    'MODEL_INVALID',
    `the model of that digest is a ${summarizer.method}, not a ${family}`,
  );
}

/* What is said of the limits to an owner is measured over its own documents. */
function checksOfOwners(
  contract: Contract,
  documents: readonly SourceDocument[],
  { summary, documents: each, method }: Summarized,
): Readonly<Record<string, readonly Check[]>> {
  const limits = textLimitsOf(contract, method);
  const owners = new Map(contract.datasets.map(({ id, owner }) => [id, owner]));
  const found = [...new Set(owners.values())].map((owner) => {
    const own = documents.filter(({ dataset }) => owners.get(dataset) === owner);
    return [owner, own.length === 0 ? [] : appraiseDisclosure(limits, own, [summary, ...each])] as const;
  });
  return Object.fromEntries(found);
}
