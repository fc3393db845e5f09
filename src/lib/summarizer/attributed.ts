// One summary of several documents whose every sentence says by number which document it comes from.

import type { Breath } from './breath.js';
import { chooseSentences, rankSentences } from './lexrank.js';
import { type Sentence, splitSentences } from './sentences.js';

/** Number of a document, from 1, behind a sentence. */
function mark(document: number): string {
  return ` [${document + 1}]`;
}

/**
 * Chooses among the sentences of the documents' summaries, in the documents' order, and marks each.
 *
 * @param fits - whether a text, marks included, may be given.
 * @returns as many of the central sentences as fit; the empty text where none does.
 */
export async function attributedSummary(
  summaries: readonly string[],
  fits: (text: string) => boolean,
  breathe: Breath,
): Promise<string> {
  const sentences: Sentence[] = summaries.flatMap((summary, document) =>
    splitSentences(summary).map((sentence) => ({
      ...sentence,
      kind: 'prose',
      text: sentence.text + mark(document),
    })),
  );
  const ranking = await rankSentences(sentences, breathe);
  const chosen = chooseSentences(ranking, { maxWords: Infinity, maxSentences: Infinity, fits });
  return [...chosen]
    .sort((a, b) => a.position - b.position)
    .map((sentence) => sentence.text)
    .join(' ');
}
