// A dry run of a contract's limits without any room: what would leave of these documents, each measured value beside its limit.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import type { Check } from '../base/verdict/check.js';
import type { Contract } from '../contract/schema.js';
import { appraiseSummary, requestOf } from '../room/summarize-and-appraise.js';
import { withinLimits } from '../summarizer/disclosure.js';
import { modelDigest } from '../summarizer/model-digest.js';
import { createSummarizer, type SourceDocument, type SummaryResult } from '../summarizer/summarizer.js';
import { readContract } from './environment.js';

export interface LimitTrialInput {
  readonly contractPath: string;
  /** As the documents of one dataset. */
  readonly documents: readonly SourceDocument[];
  /** Null: the model that comes along and is the contract's, or none where the contract has none. */
  readonly modelDirectory: string | null;
  readonly packageRoot: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A summary as a room would give it out, or would not. */
export interface LimitTrial extends SummaryResult {
  readonly limits: {
    readonly contract: string;
    /** Whether a room would give it out. */
    readonly kept: boolean;
    /** `expected` is the limit, `actual` what was measured. */
    readonly checks: readonly Check[];
  };
}

const ONE_DATASET = 'documents';

/**
 * Summarizes as a room of this contract would, with its model, its lengths and its form of text, and measures.
 *
 * @throws CleanroomError USAGE where the contract's model has to be named, MODEL_DIGEST_MISMATCH for another one, CONTRACT_…, and
 *   as the summarizer
 */
export async function tryLimits(input: LimitTrialInput): Promise<LimitTrial> {
  const { contract, digest } = await readContract(input.contractPath);
  const { modelDirectory, expectedDigest } = await findModel(contract, input);
  const summarizer = await createSummarizer({ modelDirectory, expectedDigest });
  try {
    const { documents, signal, progress } = input;
    const { lengths, options } = requestOf(contract, summarizer.method, documents.length);
    const made = await summarizer.summarize(documents, { ...options, signal, progress });
    const sources = documents.map(({ name, text }) => ({ dataset: ONE_DATASET, title: name, text }));
    const left = appraiseSummary({ parsed: { contract } }, sources, lengths, made);
    return {
      ...made,
      summary: left.summary,
      limits: { contract: digest, kept: withinLimits(left.checks), checks: left.checks },
    };
  } finally {
    await summarizer.close();
  }
}

interface TrialModel {
  readonly modelDirectory: string | null;
  readonly expectedDigest: string | undefined;
}

async function findModel(
  { model }: Contract,
  { modelDirectory, packageRoot }: LimitTrialInput,
): Promise<TrialModel> {
  if (!('family' in model)) {
    if (modelDirectory === null) return { modelDirectory, expectedDigest: undefined };
    throw new CleanroomError('USAGE', "the contract's summaries are made without a model", {
      hint: 'Leave --model out.',
    });
  }
  if (modelDirectory !== null) return { modelDirectory, expectedDigest: model.digest };
  for (const name of ['t5-demo', 'bart-demo']) {
    const candidate = join(packageRoot, 'models', name);
    if (existsSync(candidate) && (await modelDigest(candidate)) === model.digest)
      return { modelDirectory: candidate, expectedDigest: model.digest };
  }
  throw new CleanroomError('USAGE', `the contract's model is ${model.digest}, which does not come along`, {
    hint: 'Name its directory with --model.',
  });
}
