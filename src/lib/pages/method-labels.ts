// How a summary was made, in words for a page.

/** The methods by which texts become a summary. */
export type ModelMethod = 't5' | 'bart' | 't5-bart' | 'extractive';

export const METHOD_LABELS: Readonly<Record<ModelMethod, string>> = {
  t5: 'T5 (abstractive)',
  bart: 'BART (abstractive)',
  't5-bart': 'T5 over parts, then BART over the whole (abstractive)',
  extractive: 'LexRank (extractive: sentences taken from the text, no model)',
};
