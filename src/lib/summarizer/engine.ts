// What makes summaries: a model or the extractive method, behind one small port.

import type { SentenceTest } from './lexrank.js';
import type { FailureSign } from './output-signs.js';

/** A summary of one text, with its length in the unit of `maxTokens`. */
export interface TextSummary {
  readonly text: string;
  readonly tokens: number;
  /** Why the model's text cannot be used; the text is empty then. */
  readonly failure: FailureSign | null;
}

export interface SummaryEngine {
  /** Most tokens of a summary where nobody says. */
  readonly defaultTokens: number;
  /** Beams of the search where nobody says. */
  readonly defaultBeams: number;
  /** Length of a text in the unit of `maxTokens`. */
  count(text: string): number;
  /** One summary a text. */
  each(texts: readonly string[], options: EngineOptions): Promise<readonly TextSummary[]>;
  /** One summary of what was already summarized. */
  merge(summaries: readonly TextSummary[], options: EngineOptions): Promise<TextSummary>;
  release(): Promise<void>;
}

export interface EngineOptions {
  readonly maxTokens: number;
  readonly beams: number;
  /** Which sentences of a text may be picked; all if absent. */
  readonly mayLeave?: SentenceTest | undefined;
  readonly signal: AbortSignal | undefined;
  /** Share of the work that is done, 0 to 1. */
  readonly advance: (share: number, detail: string) => void;
}
