// The method without a model, as an engine: lengths are words.

import { createBreath } from './breath.js';
import type { EngineOptions, SummaryEngine, TextSummary } from './engine.js';
import { extractSentences, extractSummary } from './lexrank.js';
import { type Sentence, splitSentences } from './sentences.js';
import { countWords } from './words.js';

/** Words of a summary where nobody says. */
const DEFAULT_WORDS = 150;
/** Sentences of a summary of several documents. */
const MOST_SENTENCES = 5;

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
  merge: (summaries, options) => pickAmong(summaries, options),
  release: () => Promise.resolve(),
};

/* The best sentences of the documents are ranked against each other; the documents themselves have been ranked already. */
async function pickAmong(
  summaries: readonly TextSummary[],
  { maxTokens, mayLeave, signal }: EngineOptions,
): Promise<TextSummary> {
  const breathe = createBreath(signal);
  const sentences: Sentence[] = [];
  for (const summary of summaries) {
    await breathe();
    sentences.push(...splitSentences(summary.text));
  }
  const maxSentences = Math.min(MOST_SENTENCES, Math.max(1, Math.round(Math.sqrt(sentences.length))));
  const text = await extractSentences(sentences, { maxWords: maxTokens, maxSentences, mayLeave, breathe });
  return { text, tokens: countWords(text), failure: null };
}

async function extract(text: string, { maxTokens, mayLeave, signal }: EngineOptions): Promise<TextSummary> {
  const breathe = createBreath(signal);
  const summary = await extractSummary(text, { maxWords: maxTokens, mayLeave, breathe });
  return { text: summary, tokens: countWords(summary), failure: null };
}
