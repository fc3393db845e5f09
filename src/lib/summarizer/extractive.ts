// The method without a model, as an engine: lengths are words.

import { createBreath } from './breath.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';
import { extractSummary } from './lexrank.js';
import { countWords } from './words.js';

/** Words of a summary where nobody says. */
const DEFAULT_WORDS = 150;

export const extractiveEngine: SummaryEngine = {
  defaultTokens: DEFAULT_WORDS,
  defaultBeams: 1,
  count: countWords,
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
  return { text: summary, tokens: countWords(summary), failure: null };
}
