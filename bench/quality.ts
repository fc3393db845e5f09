// npm run bench:quality: ROUGE of our summaries on 40 held-out pairs, beside the bare library, the lead sentence and LexRank.
// The pairs are in the models' language: package descriptions and their one-line synopses.

import { readFileSync } from 'node:fs';

import { pipeline, env } from '@huggingface/transformers';

import { extractSummary } from '../src/lib/summarizer/lexrank.js';
import { measureOverlap } from '../src/lib/summarizer/metrics.js';
import { splitSentences } from '../src/lib/summarizer/sentences.js';
import { createSummarizer } from '../src/lib/summarizer/summarizer.js';
import { longestVerbatimRun } from '../src/lib/summarizer/verbatim.js';

interface Pair {
  readonly text: string;
  readonly summary: string;
}

const MAX_TOKENS = 32;
const MODELS = ['t5-demo', 'bart-demo'];
const pairs = JSON.parse(readFileSync('test/fixtures/sample-pairs.json', 'utf8')) as readonly Pair[];

async function ours(model: string, beams: number): Promise<readonly string[]> {
  const summarizer = await createSummarizer({ modelDirectory: `models/${model}` });
  const documents = pairs.map(({ text }, index) => ({ name: String(index), text }));
  const summaries: string[] = [];
  for (const document of documents)
    summaries.push((await summarizer.summarize([document], { maxTokens: MAX_TOKENS, beams })).summary);
  await summarizer.close();
  return summaries;
}

async function bareLibrary(model: string): Promise<readonly string[]> {
  env.allowRemoteModels = false;
  env.localModelPath = 'models/';
  const library = await pipeline('summarization', model, { dtype: 'fp32', device: 'cpu' });
  const summaries: string[] = [];
  for (const { text } of pairs) {
    const [answer] = (await library(text)) as unknown as readonly { summary_text: string }[];
    summaries.push((answer?.summary_text ?? '').trim());
  }
  return summaries;
}

function lead(text: string): string {
  return splitSentences(text)[0]?.text ?? '';
}

function cut(text: string, words: number): string {
  return text.split(' ').slice(0, words).join(' ');
}

function report(system: string, summaries: readonly string[]): void {
  const metrics = summaries.map((summary, index) => measureOverlap(summary, pairs[index]?.summary ?? ''));
  const mean = (values: readonly number[]): string =>
    ((100 * values.reduce((sum, value) => sum + value, 0)) / values.length).toFixed(1).padStart(6);
  const copied = summaries.filter(
    (summary, index) => longestVerbatimRun([pairs[index]?.text ?? ''], summary) > 8,
  );
  const columns = [
    mean(metrics.map((metric) => metric.rouge1.f1)),
    mean(metrics.map((metric) => metric.rouge2.f1)),
    mean(metrics.map((metric) => metric.rougeL.f1)),
    mean(metrics.map((metric) => metric.bleu4)),
    `${((100 * copied.length) / summaries.length).toFixed(0)} %`.padStart(7),
  ];
  process.stdout.write(`${system.padEnd(34)}${columns.join(' ')}\n`);
}

process.stdout.write(`${`${pairs.length} pairs`.padEnd(34)}   R-1    R-2    R-L   BLEU  run > 8\n`);
for (const model of MODELS) {
  report(`${model}, bare library`, await bareLibrary(model));
  report(`${model}, ours, greedy`, await ours(model, 1));
  report(`${model}, ours, 4 beams`, await ours(model, 4));
}
report(
  'lead sentence',
  pairs.map(({ text }) => lead(text)),
);
report(
  'lead sentence, 6 words',
  pairs.map(({ text }) => cut(lead(text), 6)),
);
report(
  'extractive (LexRank), 1 sentence',
  await Promise.all(pairs.map(({ text }) => extractSummary(text, { maxWords: 60, maxSentences: 1 }))),
);
