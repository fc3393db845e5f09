// Summaries that may leave: made by the model, then held against the contract's limits, all that leaves together.

import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { appraiseDisclosure, withinLimits } from '../summary/disclosure.js';
import { measureOverlap } from '../summary/metrics.js';
import type { ResultSummary } from '../summary/result-document.js';
import type { Summarizer } from '../summary/summarizer.js';
import type { SourceDocument } from './documents.js';
import type { ReceiptDraft } from './receipt-draft.js';
import type { StatusBoard } from './room-status.js';

/* Below so many tokens each, single documents get no summary of their own: all goes to the one of everything. */
const MIN_TOKENS_EACH = 24;

export interface SummarizeContext {
  readonly parsed: { readonly contract: Contract };
  readonly board: StatusBoard;
  readonly draft: ReceiptDraft;
  readonly signal: AbortSignal;
}

export interface Summarized {
  /** Of everything. */
  readonly summary: ResultSummary;
  /** One a document; empty where there is one document, or no room for them. */
  readonly documents: readonly ResultSummary[];
}

/**
 * Summarizes and appraises. The contract's tokens are shared out between all summaries that leave.
 *
 * @throws CleanroomError LIMIT_REFUSED, naming the checks that failed; and what the summarizer throws
 */
export async function summarizeWithinLimits(
  { parsed, board, draft, signal }: SummarizeContext,
  summarizer: Summarizer,
  documents: readonly SourceDocument[],
): Promise<Summarized> {
  const { limits, beams } = parsed.contract.summary;
  const share = Math.floor(limits.maxTokens / (documents.length + 1));
  const withEach = documents.length > 1 && share >= MIN_TOKENS_EACH;
  const result = await summarizer.summarize(
    documents.map(({ title, text }) => ({ name: title, text })),
    {
      maxTokens: withEach ? share : limits.maxTokens,
      beams,
      signal,
      progress: { phase: () => undefined, advance: (done) => board.advance(done), done: () => undefined },
    },
  );
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
  const checks = appraiseDisclosure(limits, texts, [all, ...each]);
  draft.setChecks(checks);
  if (!withinLimits(checks)) {
    const failed = checks.filter((check) => check.status !== 'pass').map((check) => check.id);
    throw new CleanroomError(
      'LIMIT_REFUSED',
      `the summary is outside the contract's limits: ${failed.join(', ')}`,
    );
  }
  return { summary: all, documents: each };
}

function describe(title: string, text: string, tokens: number, sources: readonly string[]): ResultSummary {
  const { bleu4, rouge1, rouge2, rougeL } = measureOverlap(text, sources.join('\n'));
  return { title, text, tokens, metrics: { bleu4, rouge1: rouge1.f1, rouge2: rouge2.f1, rougeL: rougeL.f1 } };
}
