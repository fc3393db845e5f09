// Summaries made by the model, and measured against the contract's limits, all that would leave together.

import { alphabetOf } from '../contract/limits/alphabet.js';
import { textLimitsOf } from '../contract/limits/limits-of.js';
import { countCharacters, toSummaryText } from '../contract/limits/summary-text.js';
import type { Contract, TextLimits } from '../contract/schema.js';
import { appraiseDisclosure } from '../summarizer/disclosure.js';
import { measureOverlap } from '../summarizer/metrics.js';
import type { ResultSummary } from '../summarizer/result-document.js';
import { splitSentences } from '../summarizer/sentences.js';
import type { SummarizeOptions, Summarizer, SummaryMethod, SummaryResult } from '../summarizer/summarizer.js';
import type { Check } from '../base/verdict/check.js';
import type { SourceDocument } from './documents.js';
import type { StatusBoard } from './room-status.js';

/* Below so many characters each, single documents get no summary of their own: all goes to the one of everything. */
const MIN_CHARACTERS_EACH = 150;
/* Of a word of a European language with what follows it; a token of these models is seldom longer. */
const CHARACTERS_PER_TOKEN = 6;
/* In the place of a text that a document got none of: how many texts a result has must not depend on the texts. */
const NO_TEXT = '-';

export interface SummarizeContext {
  readonly parsed: { readonly contract: Contract };
  readonly board: Pick<StatusBoard, 'advance' | 'enter'>;
  readonly signal: AbortSignal;
}

export interface Summarized {
  /** How the texts were made: sentences of the documents where the model failed at one and the contract allows them. */
  readonly method: SummaryMethod;
  /** Of everything. */
  readonly summary: ResultSummary;
  /** One a document; empty where there is one document, or no room for them. */
  readonly documents: readonly ResultSummary[];
  /** Of the disclosure guard; where one does not pass, nothing of the summaries may leave. */
  readonly checks: readonly Check[];
}

/** How long each summary may be: the contract's characters are shared out between all summaries that leave. */
export interface Lengths {
  readonly maxCharacters: number;
  /** What the summarizer is asked for, so that it comes near that. */
  readonly maxTokens: number;
  /** Whether single documents get a summary of their own. */
  readonly withEach: boolean;
}

export function planLengths({ maxCharacters }: TextLimits, documents: number): Lengths {
  const share = Math.floor(maxCharacters / (documents + 1));
  const withEach = documents > 1 && share >= MIN_CHARACTERS_EACH;
  const each = withEach ? share : maxCharacters;
  return {
    maxCharacters: each,
    maxTokens: Math.min(4096, Math.max(1, Math.ceil(each / CHARACTERS_PER_TOKEN))),
    withEach,
  };
}

/** Summarizes and appraises. @throws CleanroomError as the summarizer does */
export async function summarizeAndAppraise(
  context: SummarizeContext,
  summarizer: Summarizer,
  documents: readonly SourceDocument[],
): Promise<Summarized> {
  const limits = textLimitsOf(context.parsed.contract, summarizer.method);
  const lengths = planLengths(limits, documents.length);
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
  const { model, summary } = parsed.contract;
  const whenModelFails = model.method === 'model-or-extractive' ? 'sentences' : 'refuse';
  return { maxTokens, signal, progress, whenModelFails, attribution: summary.attribution };
}

/** Documents as the summarizer takes them. */
export function named(
  documents: readonly SourceDocument[],
): { readonly name: string; readonly text: string }[] {
  return documents.map(({ title, text }) => ({ name: title, text }));
}

/** Measures what was made against the contract's limits. */
export function appraiseSummary(
  { parsed, board }: SummarizeContext,
  documents: readonly SourceDocument[],
  lengths: Lengths,
  result: SummaryResult,
): Summarized {
  const limits = textLimitsOf(parsed.contract, result.method);
  const made = [
    { title: 'all', tokens: result.tokens, text: result.summary },
    ...(lengths.withEach
      ? result.perDocument.map(({ name, summary, tokens }) => ({ title: name, tokens, text: summary }))
      : []),
  ];
  const sources = documents.map(({ text }) => text);
  const most = mostCharacters(limits, lengths, sources, made.length);
  const several = made.length > 1;
  const [all, ...each] = made.map(({ title, tokens, text }, index) => {
    const plain = toSummaryText(text, alphabetOf(limits.scripts));
    const fitted = cutToSentences(several ? plain.replaceAll('\n', ' ') : plain, most);
    const shown = several && fitted === '' ? NO_TEXT : fitted;
    return describe(title, shown, tokens, index === 0 ? sources : sources.slice(index - 1, index));
  });
  if (all === undefined) throw new TypeError('a result has a text');
  board.enter('limits');
  const texts = [all, ...each].map(({ text }) => text);
  const only = documents.length === 1 ? documents[0] : undefined;
  const summary = only === undefined ? all : { ...all, title: only.title };
  return {
    method: result.method,
    summary,
    documents: each,
    checks: appraiseDisclosure(limits, documents, texts),
  };
}

/* The limit on the share of the sources is one on length too. */
function mostCharacters(
  { maxShareOfSource }: TextLimits,
  { maxCharacters }: Lengths,
  sources: readonly string[],
  texts: number,
): number {
  const written = sources.reduce((sum, text) => sum + countCharacters(text), 0);
  return Math.min(maxCharacters, Math.floor((written * maxShareOfSource) / texts));
}

/* Whole sentences from the beginning, the first one always: where that is too long the guard says so. */
function cutToSentences(text: string, most: number): string {
  if (countCharacters(text) <= most) return text;
  let kept = '';
  for (const { text: sentence } of splitSentences(text)) {
    const longer = kept === '' ? sentence : `${kept} ${sentence}`;
    if (kept !== '' && countCharacters(longer) > most) break;
    kept = longer;
  }
  return kept;
}

function describe(title: string, text: string, tokens: number, sources: readonly string[]): ResultSummary {
  const { bleu4, rouge1, rouge2, rougeL } = measureOverlap(text, sources.join('\n'));
  return { title, text, tokens, metrics: { bleu4, rouge1: rouge1.f1, rouge2: rouge2.f1, rougeL: rougeL.f1 } };
}
