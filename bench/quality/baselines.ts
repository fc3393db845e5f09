// What a summary of one sentence is measured against: the first sentence, the most central one by LexRank, and ours.

import { createBreath } from '../../src/lib/summarizer/breath.js';
import { extractSummary } from '../../src/lib/summarizer/lexrank.js';
import { centrality, normalised, vectorsOf } from '../../src/lib/summarizer/sentence-rank.js';
import { splitSentences } from '../../src/lib/summarizer/sentences.js';
import { words } from '../../src/lib/summarizer/words.js';

/** The first sentence of prose. */
export function leadSentence(text: string): Promise<string> {
  return Promise.resolve(splitSentences(text).find(({ kind }) => kind === 'prose')?.text ?? '');
}

/** The extractive method, one sentence. */
export function extractive(text: string): Promise<string> {
  return extractSummary(text, { maxWords: 80, maxSentences: 1 });
}

/** As published, but for the prior of early sentences. */
export async function plainLexRank(text: string): Promise<string> {
  const sentences = splitSentences(text).filter((one) => words(one.text).length >= 4);
  const breathe = createBreath();
  const vectors = await vectorsOf(
    sentences.map((one) => one.text),
    breathe,
  );
  const prior = normalised(Float64Array.from(sentences, (_, index) => 1 / (1 + index)));
  const shares = await centrality(vectors, prior, breathe);
  return sentences[shares.indexOf(Math.max(...shares))]?.text ?? '';
}
