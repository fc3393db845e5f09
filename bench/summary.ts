// The summarizer against the bare library on the same model: tokens a second, ten documents against ten times one, memory.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { env, pipeline } from '@huggingface/transformers';

import { createSummarizer } from '../src/lib/summarizer/summarizer.js';
import type { BenchRow } from './row.js';

const MODEL = 't5-demo';
const ROUNDS = 5;
const texts = (
  JSON.parse(readFileSync('test/fixtures/sample-pairs.json', 'utf8')) as readonly { text: string }[]
)
  .map((pair) => pair.text)
  .filter((text) => text.length < 700)
  .slice(0, 10);

/** Interleaved medians of five rounds over ten texts. */
export default async function benchSummary(): Promise<readonly BenchRow[]> {
  env.allowRemoteModels = false;
  env.localModelPath = 'models/';
  const library = await pipeline('summarization', MODEL, { dtype: 'fp32', device: 'cpu' });
  const summarizer = await createSummarizer({ modelDirectory: `models/${MODEL}` });
  const documents = texts.map((text, index) => ({ name: String(index), text }));
  let tokens = 0;
  const oneByOne = async (): Promise<void> => {
    tokens = 0;
    for (const document of documents)
      tokens += (await summarizer.summarize([document], { maxTokens: 32 })).tokens;
  };
  const bare = async (): Promise<void> => {
    for (const text of texts) await library(text);
  };
  const together = async (): Promise<void> => {
    await summarizer.summarize(documents, { maxTokens: 150 });
  };
  const [ours, theirs, batch] = await interleaved([oneByOne, bare, together]);
  const rate = (ms: number): string => `${((1000 * tokens) / ms).toFixed(0)} tokens/s`;
  await summarizer.close();
  const [ourMemory, theirMemory] = [peakMemory('ours'), peakMemory('bare')];
  return [
    {
      name: 'summarizer, one document at a time',
      against: 'transformers.js pipeline, same model',
      ratio: theirs / ours,
      target: '>= 0.95 of its tokens/s',
      detail: `${rate(ours)} against ${rate(theirs)}`,
    },
    {
      name: 'ten documents in one call',
      against: 'ten calls with one',
      ratio: batch / ours,
      target: '< 1 of the time',
      detail: `${batch.toFixed(0)} ms against ${ours.toFixed(0)} ms`,
    },
    {
      name: 'peak memory of the summarizer',
      against: 'the bare library with the same model',
      ratio: ourMemory / theirMemory,
      target: '< 1.5',
      detail: `${ourMemory.toFixed(0)} MB against ${theirMemory.toFixed(0)} MB`,
    },
  ];
}

async function interleaved(works: readonly (() => Promise<void>)[]): Promise<[number, number, number]> {
  const times = works.map((): number[] => []);
  for (const work of works) await work();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, work] of works.entries()) {
      const begun = performance.now();
      await work();
      times[index]?.push(performance.now() - begun);
    }
  }
  const medians = times.map((samples) => samples.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
  return [medians[0] ?? Number.NaN, medians[1] ?? Number.NaN, medians[2] ?? Number.NaN];
}

/* In a process of its own, in megabytes. */
function peakMemory(which: 'ours' | 'bare'): number {
  const script = {
    ours: `const { createSummarizer } = await import('./src/lib/summarizer/summarizer.ts');
      const s = await createSummarizer({ modelDirectory: 'models/${MODEL}' });
      for (const text of texts) await s.summarize([{ name: 'a', text }], { maxTokens: 32 });`,
    bare: `const { pipeline, env } = await import('@huggingface/transformers');
      env.allowRemoteModels = false; env.localModelPath = 'models/';
      const p = await pipeline('summarization', '${MODEL}', { dtype: 'fp32', device: 'cpu' });
      for (const text of texts) await p(text);`,
  }[which];
  const program = `const texts = ${JSON.stringify(texts)};\n${script}\nconsole.log(process.resourceUsage().maxRSS);`;
  const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  return Number(printed.trim().split('\n').at(-1)) / 1024;
}
