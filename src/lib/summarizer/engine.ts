// What makes summaries: a model or the extractive method, behind one small port.

/** A summary of one text, with its length in the unit of `maxTokens`. */
export interface TextSummary {
  readonly text: string;
  readonly tokens: number;
}

export interface SummaryEngine {
  /** One summary a text. */
  each(texts: readonly string[], options: EngineOptions): Promise<readonly TextSummary[]>;
  /** One summary of what was already summarized. */
  merge(
    summaries: readonly TextSummary[],
    texts: readonly string[],
    options: EngineOptions,
  ): Promise<TextSummary>;
  release(): Promise<void>;
}

export interface EngineOptions {
  readonly maxTokens: number;
  readonly beams: number;
  readonly signal: AbortSignal | undefined;
  /** Share of the work that is done, 0 to 1. */
  readonly advance: (share: number, detail: string) => void;
}
