// The summarizer's decoding beside transformers.js on the same model and text, in one run: tokens a second, memory, the same tokens.

import { execFileSync } from 'node:child_process';
import { basename, dirname, resolve } from 'node:path';

import { generateOne } from '../../src/lib/summarizer/beam-search.js';
import { describeModelDirectory } from '../../src/lib/summarizer/model-directory.js';
import { loadSequenceModel, type SequenceModel } from '../../src/lib/summarizer/sequence-model.js';

import { loadPeer } from '../peer.js';
import type { Precision } from './onnx-writer.js';

/** One way to write `tokens` tokens about a text, greedily, however unlikely its end is. */
export interface Runner {
  run(text: string, tokens: number): Promise<readonly number[]>;
  release(): Promise<void>;
}

export interface RaceResult {
  /** Tokens a second, medians of interleaved rounds. */
  readonly ours: number;
  readonly theirs: number;
  readonly sameTokens: boolean;
  /** Peaks of resident memory in processes of their own, in megabytes. */
  readonly ourMemory: number;
  readonly theirMemory: number;
}

/** Runs both on one directory in turn. */
export async function race(
  directory: string,
  precision: Precision,
  text: string,
  tokens: number,
  rounds: number,
): Promise<RaceResult> {
  const ourMemory = peakMemory('ours', { directory, precision }, text, tokens);
  const theirMemory = peakMemory('theirs', { directory, precision }, text, tokens);
  const runners = [await openOurs(directory), await openTheirs(directory, precision)];
  const times: number[][] = [[], []];
  const written: (readonly number[])[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const [at, runner] of runners.entries()) {
      const begun = performance.now();
      written[at] = await runner.run(text, tokens);
      if (round > 0) times[at]?.push(performance.now() - begun);
    }
  }
  for (const runner of runners) await runner.release();
  const rate = (samples: readonly number[] = []): number => (1000 * tokens) / median(samples);
  return {
    ours: rate(times[0]),
    theirs: rate(times[1]),
    sameTokens: JSON.stringify(written[0]) === JSON.stringify(written[1]),
    ourMemory,
    theirMemory,
  };
}

export async function openOurs(directory: string): Promise<Runner> {
  const [description] = (await describeModelDirectory(directory)).models;
  if (description === undefined) throw new TypeError('a directory holds a model');
  const model = await loadSequenceModel(description);
  const bare: SequenceModel = {
    ...model,
    description: { ...description, start: description.start.slice(0, 1), forcedEos: null, noRepeatNgram: 0 },
  };
  return {
    run: async (text, tokens) => {
      const ids = model.tokenizer.encode(text, description.prefix);
      const search = { beams: 1, maxTokens: tokens, minTokens: tokens };
      return (await generateOne(bare, ids, search)).tokens;
    },
    release: () => model.release(),
  };
}

export async function openTheirs(directory: string, precision: Precision): Promise<Runner> {
  const peer = await loadPeer();
  if (peer === null) throw new TypeError('there is no peer');
  const { AutoModelForSeq2SeqLM, AutoTokenizer, env } = peer;
  env.localModelPath = `${dirname(resolve(directory))}/`;
  const name = basename(directory);
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModelForSeq2SeqLM.from_pretrained(name, { dtype: precision, device: 'cpu' });
  const [description] = (await describeModelDirectory(directory)).models;
  return {
    run: async (text, tokens) => {
      const inputs = tokenizer((description?.prefix ?? '') + text) as Record<string, unknown>;
      const generated = (await model.generate({
        ...inputs,
        generation_config: null,
        max_new_tokens: tokens,
        min_new_tokens: tokens,
        num_beams: 1,
        no_repeat_ngram_size: 0,
        forced_bos_token_id: null,
        forced_eos_token_id: null,
      } as never)) as unknown as { tolist(): bigint[][] };
      return (generated.tolist()[0] ?? []).slice(1).map(Number);
    },
    release: async () => {
      await model.dispose();
    },
  };
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;
}

function peakMemory(
  whose: 'ours' | 'theirs',
  { directory, precision }: { readonly directory: string; readonly precision: Precision },
  text: string,
  tokens: number,
): number {
  const program = `const { ${whose === 'ours' ? 'openOurs' : 'openTheirs'}: open } = await import('./bench/real-size/race.ts');
    const runner = await open(${JSON.stringify(directory)}, ${JSON.stringify(precision)});
    await runner.run(${JSON.stringify(text)}, ${tokens});
    console.log(process.resourceUsage().maxRSS);`;
  const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(printed.trim().split('\n').at(-1)) / 1024;
}
