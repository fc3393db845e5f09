// The summarizer: documents in, one summary each and one of all. By a T5, a BART, the chain of both, or without a model.

import { utf8 } from '../base/bytes/arrays.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { type Progress, SILENT } from '../base/progress.js';
import { abstractiveEngine } from './abstractive.js';
import { attributedSummary } from './attributed.js';
import { createBreath } from './breath.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';
import { extractiveEngine } from './extractive.js';
import type { SentenceTest } from './lexrank.js';
import { describeFailure, type FailureSign } from './output-signs.js';
import { measureOverlap, type Metrics } from './metrics.js';
import { modelDigest } from './model-digest.js';
import { describeModelDirectory, type ModelFamily } from './model-directory.js';
import { MAX_CHARACTERS } from './size-limits.js';
import { refuseUnsafeModel } from './graph-walk/refuse-unsafe-model.js';
import { holdsWords } from './words.js';

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
  /** Most tokens of a summary, by the model's own count (words for the extractive method); the model's own if absent. */
  readonly maxTokens?: number | undefined;
  /** Most bytes (UTF-8) of the summary of one document, which is cut there; as many as it has if absent. */
  readonly maxBytes?: number | undefined;
  /** 1 is greedy search; the model's own number if absent. */
  readonly beams?: number | undefined;
  /** What happens where a model's text shows a sign of failure: the document is summarized by sentences, or there is no summary. */
  readonly whenModelFails?: 'sentences' | 'refuse' | undefined;
  /** Whether each sentence of the summary of several documents says by number which one it comes from. */
  readonly attribution?: boolean | undefined;
  /** Which sentences may be picked where a summary is made of sentences; all if absent. */
  readonly mayLeave?: SentenceTest | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

export interface DocumentSummary {
  readonly name: string;
  readonly summary: string;
  /** In the unit of its method: tokens of the model, or words. */
  readonly tokens: number;
  readonly method: SummaryMethod;
  /** Why it is not the model's; null where it is, and where there is no model. */
  readonly modelFailure: FailureSign | null;
}

export interface SummaryResult {
  /** Of all documents; of the one, if there is but one. */
  readonly summary: string;
  readonly tokens: number;
  readonly perDocument: readonly DocumentSummary[];
  /** Extractive where any document had to be. */
  readonly method: SummaryMethod;
  /** Why the model's text was not taken, of the first document; null where it was, and where there is no model. */
  readonly modelFailure: FailureSign | null;
  /** Null for the extractive method. */
  readonly model: { readonly family: ModelFamily; readonly digest: string } | null;
  /** Against the documents joined. */
  readonly metrics: Metrics;
}

/** A result that nobody has compared with its documents. */
export type MergedSummary = Omit<SummaryResult, 'metrics'>;

/** Documents in their order, at hand or as they come. */
export type Documents = Iterable<SourceDocument> | AsyncIterable<SourceDocument>;

export interface Summarizer {
  readonly method: SummaryMethod;
  /** `sha256:…` of the model directory; null for the extractive method. */
  readonly modelDigest: string | null;
  /**
   * Summarizes. The result is a function of model, documents and options; of each document, of that document alone.
   *
   * @throws CleanroomError TEXT_EMPTY, TEXT_TOO_LARGE, MODEL_FAILED, MODEL_TOO_LARGE, MODEL_OUTPUT_REJECTED (signs of failure,
   *   unless `whenModelFails` is `sentences`); the signal's reason
   */
  summarize(documents: readonly SourceDocument[], options: SummarizeOptions): Promise<SummaryResult>;
  /** The summary of one document of several, as `summarize` makes it before it merges. @throws as summarize */
  summarizeOne(document: SourceDocument, options: SummarizeOptions): Promise<DocumentSummary>;
  /**
   * What `summarize` gives, from the summaries that `summarizeOne` gave of each document, in order.
   *
   * @param documents - the same ones; read only where some were summarized by sentences and others by the model. @throws as summarize
   */
  merge(
    documents: Documents,
    each: readonly DocumentSummary[],
    options: SummarizeOptions,
  ): Promise<MergedSummary>;
  /** Gives the model's memory back. */
  close(): Promise<void>;
}

/**
 * Opens a model (once; keep the summarizer for as long as there is work) or the extractive method.
 *
 * @throws CleanroomError MODEL_INVALID, MODEL_DIGEST_MISMATCH, MODEL_REFUSED, MODEL_TOO_LARGE, OPTIONAL_PACKAGE_MISSING, FILE_NOT_FOUND
 */
export async function createSummarizer(options: SummarizerOptions): Promise<Summarizer> {
  if (options.modelDirectory === null) return summarizerOver(extractiveEngine, 'extractive', null);
  const digest = await modelDigest(options.modelDirectory);
  if (options.expectedDigest !== undefined && options.expectedDigest !== digest) {
    throw new CleanroomError(
      'MODEL_DIGEST_MISMATCH',
      `the model in ${options.modelDirectory} is ${digest}; agreed on was ${options.expectedDigest}`,
    );
  }
  const directory = await describeModelDirectory(options.modelDirectory);
  refuseUnsafeModel(directory);
  return summarizerOver(await abstractiveEngine(directory), directory.family, digest);
}

function summarizerOver(engine: SummaryEngine, method: SummaryMethod, digest: string | null): Summarizer {
  const model = method === 'extractive' || digest === null ? null : { family: method, digest };
  const own: Own = { engine, method };
  const merge: Summarizer['merge'] = async (documents, each, options) => {
    const made = await guarded(options, () => mergeAll(own, documents, each, options));
    return { ...made, model: made.method === 'extractive' ? null : model };
  };
  const summarize: Summarizer['summarize'] = async (documents, options) => {
    refuseUnusable(documents);
    const each = await guarded(options, () => summarizeEach(own, documents, options));
    const made = await merge(documents, each, options);
    let metrics: Metrics | undefined;
    return {
      ...made,
      /* Measured where somebody looks: a room does not. */
      get metrics() {
        return (metrics ??= measureOverlap(made.summary, documents.map(({ text }) => text).join('\n')));
      },
    };
  };
  return {
    method,
    modelDigest: digest,
    summarize,
    summarizeOne: async (document, options) => {
      refuseUnusable([document]);
      const [only] = await guarded(options, () => summarizeEach(own, [document], options));
      if (only === undefined) throw new CleanroomError('MODEL_FAILED', 'the model gave no summary');
      return only;
    },
    merge,
    close: () => engine.release(),
  };
}

/* The summarizer's own engine and what it is called. */
interface Own {
  readonly engine: SummaryEngine;
  readonly method: SummaryMethod;
}

async function summarizeEach(
  { engine, method }: Own,
  documents: readonly SourceDocument[],
  options: SummarizeOptions,
): Promise<readonly DocumentSummary[]> {
  const texts = documents.map((document) => document.text);
  const made = await engine.each(texts, engineOptions(engine, options));
  const each: DocumentSummary[] = [];
  for (const [index, { name, text }] of documents.entries()) {
    const own = made[index] ?? { text: '', tokens: 0, failure: 'empty' as const };
    const summary = own.failure === null ? own : await inSentences(text, own.failure, options);
    each.push({
      name,
      summary: cutToBytes(summary.text, options.maxBytes),
      tokens: summary.tokens,
      method: own.failure === null ? method : 'extractive',
      modelFailure: own.failure,
    });
  }
  return each;
}

/* Whole characters from the beginning. */
function cutToBytes(text: string, maxBytes = Infinity): string {
  const bytes = utf8(text);
  return bytes.length <= maxBytes
    ? text
    : new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
}

/* Where the model failed, sentences of the text; or nothing. */
async function inSentences(
  text: string,
  failure: FailureSign,
  options: SummarizeOptions,
): Promise<Pick<TextSummary, 'text' | 'tokens'>> {
  if (options.whenModelFails !== 'sentences') throw rejected(failure);
  const [summary] = await extractiveEngine.each([text], {
    ...engineOptions(extractiveEngine, options),
    advance: () => undefined,
  });
  if (summary === undefined) throw rejected(failure);
  return summary;
}

function rejected(failure: FailureSign): CleanroomError {
  return new CleanroomError(
    'MODEL_OUTPUT_REJECTED',
    `what the model wrote shows a sign of failure: ${describeFailure(failure)}`,
    { hint: 'Use a model that was made for this kind of text and language, or summarize by sentences.' },
  );
}

async function mergeAll(
  own: Own,
  documents: Documents,
  each: readonly DocumentSummary[],
  options: SummarizeOptions,
): Promise<Omit<SummaryResult, 'model' | 'metrics'>> {
  const failed = each.find(({ method }) => method !== own.method);
  /* A summary is of one method, so that one set of limits is right for it. */
  const method = failed?.method ?? own.method;
  const engine = failed === undefined ? own.engine : extractiveEngine;
  const usable = failed === undefined ? each : await allInSentences(documents, each, options);
  const all = await mergeSummaries(engine, usable, options);
  return {
    summary: all.text,
    tokens: all.tokens,
    perDocument: each,
    method,
    modelFailure: each.find(({ modelFailure: sign }) => sign !== null)?.modelFailure ?? null,
  };
}

/* What a model wrote of a document gives way to sentences of it, where the summary of all is one of sentences. */
async function allInSentences(
  documents: Documents,
  each: readonly DocumentSummary[],
  options: SummarizeOptions,
): Promise<readonly DocumentSummary[]> {
  if (options.attribution === true) return each;
  const picked = [...each];
  let place = 0;
  for await (const document of documents) {
    const made = each[place];
    if (made !== undefined && made.method !== 'extractive') {
      const sentences: Own = { engine: extractiveEngine, method: 'extractive' };
      picked.splice(place, 1, ...(await summarizeEach(sentences, [document], options)));
    }
    place++;
  }
  return picked;
}

async function mergeSummaries(
  engine: SummaryEngine,
  each: readonly DocumentSummary[],
  options: SummarizeOptions,
): Promise<Pick<TextSummary, 'text' | 'tokens'>> {
  const [first] = each;
  if (each.length === 1 && first !== undefined) return { text: first.summary, tokens: first.tokens };
  const engineWide = engineOptions(engine, options);
  if (options.attribution !== true) {
    const summaries = each.map(({ summary, tokens }) => ({ text: summary, tokens, failure: null }));
    return engine.merge(summaries, engineWide);
  }
  const text = await attributedSummary(
    each.map(({ summary }) => summary),
    (candidate) => engine.count(candidate) <= engineWide.maxTokens,
    createBreath(options.signal),
  );
  return { text, tokens: engine.count(text) };
}

function engineOptions(
  engine: SummaryEngine,
  { maxTokens, beams, mayLeave, signal, progress = SILENT }: SummarizeOptions,
): EngineOptions {
  return {
    maxTokens: maxTokens ?? engine.defaultTokens,
    beams: beams ?? engine.defaultBeams,
    mayLeave,
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
    throw new CleanroomError('TEXT_EMPTY', `document ${JSON.stringify(empty.name)} contains no words`);
}
