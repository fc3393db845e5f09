// The summarizer: documents in, one summary each and one of all. By a T5, a BART, the chain of both, or without a model.

import { CleanroomError, describeCause } from '../base/errors.js';
import { type Progress, SILENT } from '../base/progress.js';
import { abstractiveEngine } from './abstractive.js';
import { createBreath } from './breath.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';
import { extractSummary } from './lexrank.js';
import { measureOverlap, type Metrics } from './metrics.js';
import { modelDigest } from './model-digest.js';
import { describeModelDirectory, type ModelFamily } from './model-directory.js';
import { MAX_CHARACTERS } from './size-limits.js';
import { countWords, holdsWords } from './words.js';

/** How a summary was made: by a model of that family, or by picking sentences. */
export type SummaryMethod = ModelFamily | 'extractive';

export interface SourceDocument {
  readonly name: string;
  readonly text: string;
}

export interface SummarizerOptions {
  /** Directory of a T5, a BART, or of both under `t5/` and `bart/`; null for the extractive method. */
  readonly modelDirectory: string | null;
  /** The digest that the model must have, `sha256:…`; checked before anything of it is loaded. */
  readonly expectedDigest?: string | undefined;
}

export interface SummarizeOptions {
  /** Most tokens of a summary, by the model's own count; words for the extractive method. */
  readonly maxTokens: number;
  /** 1 (greedy) if absent. */
  readonly beams?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

export interface DocumentSummary {
  readonly name: string;
  readonly summary: string;
  readonly tokens: number;
}

export interface SummaryResult {
  /** Of all documents; of the one, if there is but one. */
  readonly summary: string;
  readonly tokens: number;
  readonly perDocument: readonly DocumentSummary[];
  readonly method: SummaryMethod;
  /** Null for the extractive method. */
  readonly model: { readonly family: ModelFamily; readonly digest: string } | null;
  /** Against the documents joined. */
  readonly metrics: Metrics;
}

export interface Summarizer {
  readonly method: SummaryMethod;
  /** `sha256:…` of the model directory; null for the extractive method. */
  readonly modelDigest: string | null;
  /**
   * Summarizes. The result is a function of model, documents, `maxTokens` and `beams`.
   *
   * @throws CleanroomError TEXT_EMPTY, TEXT_TOO_LARGE, MODEL_FAILED, MODEL_TOO_LARGE; the signal's reason
   */
  summarize(documents: readonly SourceDocument[], options: SummarizeOptions): Promise<SummaryResult>;
  /** Gives the model's memory back. */
  close(): Promise<void>;
}

/**
 * Opens a model (once; keep the summarizer for as long as there is work) or the extractive method.
 *
 * @throws CleanroomError MODEL_INVALID, MODEL_DIGEST_MISMATCH, MODEL_TOO_LARGE, OPTIONAL_PACKAGE_MISSING, FILE_NOT_FOUND
 */
export async function createSummarizer(options: SummarizerOptions): Promise<Summarizer> {
  if (options.modelDirectory === null) return summarizerOver(extractiveEngine, 'extractive', null);
  const directory = await describeModelDirectory(options.modelDirectory);
  const digest = await modelDigest(options.modelDirectory);
  if (options.expectedDigest !== undefined && options.expectedDigest !== digest) {
    throw new CleanroomError(
      'MODEL_DIGEST_MISMATCH',
      `the model in ${options.modelDirectory} is ${digest}; agreed on was ${options.expectedDigest}`,
    );
  }
  return summarizerOver(await abstractiveEngine(directory), directory.family, digest);
}

function summarizerOver(engine: SummaryEngine, method: SummaryMethod, digest: string | null): Summarizer {
  const model = method === 'extractive' || digest === null ? null : { family: method, digest };
  return {
    method,
    modelDigest: digest,
    summarize: async (documents, options) => {
      refuseUnusable(documents);
      const made = await guarded(options, async () => {
        const each = await summarizeEach(engine, documents, options);
        return mergeAll(engine, documents, each, options);
      });
      return { ...made, method, model };
    },
    close: () => engine.release(),
  };
}

async function summarizeEach(
  engine: SummaryEngine,
  documents: readonly SourceDocument[],
  options: SummarizeOptions,
): Promise<readonly DocumentSummary[]> {
  const texts = documents.map((document) => document.text);
  const each = await engine.each(texts, engineOptions(options));
  return documents.map(({ name }, index) => ({
    name,
    summary: each[index]?.text ?? '',
    tokens: each[index]?.tokens ?? 0,
  }));
}

async function mergeAll(
  engine: SummaryEngine,
  documents: readonly SourceDocument[],
  each: readonly DocumentSummary[],
  options: SummarizeOptions,
): Promise<Omit<SummaryResult, 'method' | 'model'>> {
  const texts = documents.map((document) => document.text);
  const summaries = each.map(({ summary, tokens }) => ({ text: summary, tokens }));
  const [first] = summaries;
  const all =
    summaries.length === 1 && first !== undefined
      ? first
      : await engine.merge(summaries, texts, engineOptions(options));
  return {
    summary: all.text,
    tokens: all.tokens,
    perDocument: each,
    metrics: measureOverlap(all.text, texts.join('\n')),
  };
}

function engineOptions({ maxTokens, beams, signal, progress = SILENT }: SummarizeOptions): EngineOptions {
  return {
    maxTokens,
    beams: beams ?? 1,
    signal,
    advance: (share, detail) => progress.advance(share, detail),
  };
}

/* The engine's failures become ours; an abortion goes before them. */
async function guarded<T>({ signal }: SummarizeOptions, work: () => Promise<T>): Promise<T> {
  try {
    const made = await work();
    signal?.throwIfAborted();
    return made;
  } catch (cause) {
    throw signal?.aborted === true ? signal.reason : modelFailure(cause);
  }
}

function modelFailure(cause: unknown): CleanroomError {
  if (cause instanceof CleanroomError) return cause;
  const message = describeCause(cause);
  const outOfMemory = /bad_alloc|failed to allocate|out of memory|array buffer allocation/i.test(message);
  return outOfMemory
    ? new CleanroomError('MODEL_TOO_LARGE', 'the model ran out of memory', { cause })
    : new CleanroomError('MODEL_FAILED', 'the model stopped with a failure of its own', { cause });
}

function refuseUnusable(documents: readonly SourceDocument[]): void {
  const characters = documents.reduce((sum, document) => sum + document.text.length, 0);
  if (characters > MAX_CHARACTERS)
    throw new CleanroomError(
      'TEXT_TOO_LARGE',
      `the text has ${characters} characters; the summarizer takes ${MAX_CHARACTERS}`,
    );
  const empty = documents.find((document) => !holdsWords(document.text));
  if (documents.length === 0) throw new CleanroomError('TEXT_EMPTY', 'there is no document to summarize');
  if (empty !== undefined)
    throw new CleanroomError('TEXT_EMPTY', `document ${JSON.stringify(empty.name)} holds no words`);
}

const extractiveEngine: SummaryEngine = {
  each: async (texts, options) => {
    const summaries: TextSummary[] = [];
    for (const [index, text] of texts.entries()) {
      summaries.push(await extract(text, options));
      options.advance((index + 1) / texts.length, `${index + 1}/${texts.length}`);
    }
    return summaries;
  },
  merge: (_, texts, options) => extract(texts.join('\n\n'), options),
  release: () => Promise.resolve(),
};

async function extract(text: string, { maxTokens, signal }: EngineOptions): Promise<TextSummary> {
  const summary = await extractSummary(text, { maxWords: maxTokens, breathe: createBreath(signal) });
  return { text: summary, tokens: countWords(summary) };
}
