// Summaries made by the model, and held against the contract's limits, all that would leave together.

import type { Contract, ContractLimits } from '../contract/schema.js';
import { appraiseDisclosure } from '../summarizer/disclosure.js';
import { measureOverlap } from '../summarizer/metrics.js';
import type { ResultSummary } from '../summarizer/result-document.js';
import type { SummarizeOptions, Summarizer, SummaryResult } from '../summarizer/summarizer.js';
import type { Check } from '../base/verdict/check.js';
import type { SourceDocument } from './documents.js';
import type { StatusBoard } from './room-status.js';

/* Below so many tokens each, single documents get no summary of their own: all goes to the one of everything. */
const MIN_TOKENS_EACH = 24;

export interface SummarizeContext {
  readonly parsed: { readonly contract: Contract };
  readonly board: Pick<StatusBoard, 'advance' | 'enter'>;
  readonly signal: AbortSignal;
}

export interface Summarized {
  /** Of everything. */
  readonly summary: ResultSummary;
  /** One a document; empty where there is one document, or no room for them. */
  readonly documents: readonly ResultSummary[];
  /** Of the disclosure guard; where one does not pass, nothing of the summaries may leave. */
  readonly checks: readonly Check[];
}

/** How long each summary may be: the contract's tokens are shared out between all summaries that leave. */
export interface Lengths {
  readonly maxTokens: number;
  /** Whether single documents get a summary of their own. */
  readonly withEach: boolean;
}

export function planLengths({ maxTokens }: ContractLimits, documents: number): Lengths {
  const share = Math.floor(maxTokens / (documents + 1));
  const withEach = documents > 1 && share >= MIN_TOKENS_EACH;
  return { maxTokens: withEach ? share : maxTokens, withEach };
}

/** Summarizes and appraises. @throws CleanroomError as the summarizer does */
export async function summarizeAndAppraise(
  context: SummarizeContext,
  summarizer: Summarizer,
  documents: readonly SourceDocument[],
): Promise<Summarized> {
  const lengths = planLengths(context.parsed.contract.summary.limits, documents.length);
  const options = summarizeOptions(context, lengths, (done) => context.board.advance(done));
  return appraiseSummary(context, documents, lengths, await summarizer.summarize(named(documents), options));
}

/** The summarizer's options under the contract. */
export function summarizeOptions(
  { parsed, signal }: Pick<SummarizeContext, 'parsed' | 'signal'>,
  { maxTokens }: Lengths,
  advance: (share: number) => void,
): SummarizeOptions {
  const progress = { phase: () => undefined, advance, done: () => undefined };
  return { maxTokens, beams: parsed.contract.summary.beams, signal, progress };
}

/** Documents as the summarizer takes them. */
export function named(
  documents: readonly SourceDocument[],
): { readonly name: string; readonly text: string }[] {
  return documents.map(({ title, text }) => ({ name: title, text }));
}

/** Holds what was made against the contract's limits. */
export function appraiseSummary(
  { parsed, board }: SummarizeContext,
  documents: readonly SourceDocument[],
  { withEach }: Lengths,
  result: SummaryResult,
): Summarized {
  const texts = documents.map(({ text }) => text);
  const all = describe(
    documents.length === 1 ? (documents[0]?.title ?? 'all') : 'all',
    result.summary,
    result.tokens,
    texts,
  );
  const each = withEach
    ? result.perDocument.map(({ name, summary, tokens }, index) =>
        describe(name, summary, tokens, texts.slice(index, index + 1)),
      )
    : [];
  board.enter('limits');
  const checks = appraiseDisclosure(parsed.contract.summary.limits, texts, [all, ...each]);
  return { summary: all, documents: each, checks };
}

function describe(title: string, text: string, tokens: number, sources: readonly string[]): ResultSummary {
  const { bleu4, rouge1, rouge2, rougeL } = measureOverlap(text, sources.join('\n'));
  return { title, text, tokens, metrics: { bleu4, rouge1: rouge1.f1, rouge2: rouge2.f1, rougeL: rougeL.f1 } };
}
