// Summaries made by the model, and measured against the contract's limits, all that would leave together.

import { alphabetOf } from '../contract/limits/alphabet.js';
import { textLimitsOf } from '../contract/limits/limits-of.js';
import { countCharacters, leavesInScripts, toSummaryText } from '../contract/limits/summary-text.js';
import type { Contract, TextLimits } from '../contract/schema.js';
import { appraiseDisclosure } from '../summarizer/disclosure.js';
import { splitSentences } from '../summarizer/sentences.js';
import type { SummarizeOptions, Summarizer, SummaryMethod, SummaryResult } from '../summarizer/summarizer.js';
import type { Check } from '../base/verdict/check.js';
import type { SourceDocument } from './documents.js';

/* Below so many characters each, single documents get no summary of their own: all goes to the one of everything. */
const MIN_CHARACTERS_EACH = 150;
/* Of a word of a European language with what follows it; a token of these models is seldom longer. */
const CHARACTERS_PER_TOKEN = 6;
/* In the place of a text that a document got none of: how many texts a result has must not depend on the texts. */
const NO_TEXT = '-';

export interface SummarizeContext {
  readonly parsed: { readonly contract: Contract };
  readonly signal: AbortSignal;
}

export interface Summarized {
  /** How the texts were made: sentences of the documents where the model failed at one and the contract allows them. */
  readonly method: SummaryMethod;
  /** Of everything. */
  readonly summary: string;
  /** One a document; empty where there is one document, or no room for them. */
  readonly documents: readonly string[];
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
    maxTokens: Math.min(MOST_TOKENS, Math.max(1, Math.ceil(each / CHARACTERS_PER_TOKEN))),
    withEach,
  };
}

/** What a room asks of its summarizer under a contract. */
export interface RoomRequest {
  readonly lengths: Lengths;
  readonly options: Pick<
    SummarizeOptions,
    'maxTokens' | 'maxBytes' | 'whenModelFails' | 'attribution' | 'mayLeave'
  >;
}

/* A summary is cut to what may leave, later; until then it may have more, and not without end. */
const BYTES_PER_CHARACTER = 4;
const MOST_TOKENS = 4096;

/** The most bytes that the summary of one document of this contract has, before the limits are looked at. */
export function maxBytesEach({ summary: { limits, extractiveLimits } }: Contract): number {
  const characters = Math.max(limits.maxCharacters, extractiveLimits?.maxCharacters ?? 0);
  return Math.min(characters, MOST_TOKENS * CHARACTERS_PER_TOKEN) * BYTES_PER_CHARACTER;
}

/** The same for a room and for who tries the limits without one. @throws CleanroomError as textLimitsOf */
export function requestOf(contract: Contract, method: SummaryMethod, documents: number): RoomRequest {
  const lengths = planLengths(textLimitsOf(contract, method), documents);
  const { model, summary } = contract;
  return {
    lengths,
    options: {
      maxTokens: lengths.maxTokens,
      maxBytes: maxBytesEach(contract),
      whenModelFails: model.method === 'model-or-extractive' ? 'sentences' : 'refuse',
      attribution: summary.attribution,
      mayLeave: leavesInScripts((summary.extractiveLimits ?? summary.limits).scripts),
    },
  };
}

/** Summarizes and appraises. @throws CleanroomError as the summarizer does */
export async function summarizeAndAppraise(
  context: SummarizeContext,
  summarizer: Summarizer,
  documents: readonly SourceDocument[],
): Promise<Summarized> {
  const { lengths, options } = requestOf(context.parsed.contract, summarizer.method, documents.length);
  const made = await summarizer.summarize(named(documents), { ...options, signal: context.signal });
  return appraiseSummary(context, documents, lengths, made);
}

function named(documents: readonly SourceDocument[]): { readonly name: string; readonly text: string }[] {
  return documents.map(({ title, text }) => ({ name: title, text }));
}

/** Measures what was made against the contract's limits. */
export function appraiseSummary(
  { parsed }: Pick<SummarizeContext, 'parsed'>,
  documents: readonly SourceDocument[],
  lengths: Lengths,
  made: SummaryResult,
): Summarized {
  const limits = textLimitsOf(parsed.contract, made.method);
  const written = documents.reduce((sum, { text }) => sum + countCharacters(text), 0);
  const [summary = '', ...each] = textsOf(limits, lengths, made, written);
  const checks = appraiseDisclosure(limits, documents, [summary, ...each]);
  return { summary, documents: each, method: made.method, checks };
}

/**
 * The texts that are about to leave, in the form in which they may: the summary of everything, then those of single documents, where
 * there is room for them.
 *
 * @param written - characters of all documents.
 */
export function textsOf(
  limits: TextLimits,
  lengths: Lengths,
  { summary, perDocument }: Pick<SummaryResult, 'summary' | 'perDocument'>,
  written: number,
): readonly string[] {
  const made = [summary, ...(lengths.withEach ? perDocument.map((document) => document.summary) : [])];
  const most = mostCharacters(limits, lengths, written, made.length);
  const several = made.length > 1;
  return made.map((text) => {
    const plain = toSummaryText(text, alphabetOf(limits.scripts));
    const fitted = cutToSentences(several ? plain.replaceAll('\n', ' ') : plain, most);
    return several && fitted === '' ? NO_TEXT : fitted;
  });
}

/* The limit on the share of the sources is one on length too. */
function mostCharacters(
  { maxShareOfSource }: TextLimits,
  { maxCharacters }: Lengths,
  written: number,
  texts: number,
): number {
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
