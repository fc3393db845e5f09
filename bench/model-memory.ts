// Peak of memory of a model of a real geometry with random weights, on a full input: what model-memory.ts estimates.
// node --import tsx bench/model-memory.ts GEOMETRY PRECISION TOKENS-IN TOKENS-OUT

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateOne } from '../src/lib/summarizer/beam-search.js';
import { describeModelDirectory } from '../src/lib/summarizer/model-directory.js';
import { mebibytes, memoryToRun, shapeOf } from '../src/lib/summarizer/model-memory.js';
import { loadSequenceModel } from '../src/lib/summarizer/sequence-model.js';
import type { Precision } from './real-size/onnx-writer.js';

const [name = 't5-small', precision = 'fp32', tokensIn = '512', tokensOut = '100'] = process.argv.slice(2);
const directory = process.env['MODEL_MEMORY_OF'];

if (directory === undefined) await makeAndMeasure();
else await measure(directory);

/* The writer of the model takes memory of its own: another process measures. */
async function makeAndMeasure(): Promise<void> {
  const { execFileSync } = await import('node:child_process');
  const { GEOMETRIES } = await import('./real-size/geometries.js');
  const { makeModel } = await import('./real-size/make-model.js');
  const geometry = GEOMETRIES.find((candidate) => candidate.name === name);
  if (geometry === undefined) throw new TypeError(`no geometry is called ${name}`);
  const made = await mkdtemp(join(tmpdir(), 'cleanroom-bench-'));
  try {
    await makeModel(geometry, precision as Precision, made);
    const path = join(made, 'tokenizer_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, model_max_length: Number(tokensIn) }));
    const environment = { ...process.env, MODEL_MEMORY_OF: made };
    execFileSync(process.execPath, ['--import', 'tsx', ...process.argv.slice(1)], {
      env: environment,
      stdio: 'inherit',
    });
  } finally {
    await rm(made, { recursive: true });
  }
}

async function measure(of: string): Promise<void> {
  const [description] = (await describeModelDirectory(of)).models;
  if (description === undefined) throw new TypeError('a directory holds a model');
  const before = process.memoryUsage.rss();
  const model = await loadSequenceModel(description);
  const loaded = peak();
  const endless = { ...description, forcedEos: null, noRepeatNgram: 0, earlyStopping: 'never' as const };
  const steps = Number(tokensOut);
  const input = Array.from({ length: description.inputLimit }, (_, place) => 5 + (place % 500));
  await generateOne({ ...model, description: endless }, input, {
    beams: description.beams,
    maxTokens: steps,
    minTokens: steps,
  });
  const estimate = memoryToRun([await shapeOf(description)]);
  console.log(
    `${name} ${precision}, ${input.length} tokens, ${description.beams} beams, ${steps} steps: loading ${mebibytes(loaded - before)} MiB, running ${mebibytes(peak() - before)} MiB over the empty process; estimate ${mebibytes(estimate)} MiB`,
  );
}

function peak(): number {
  return process.resourceUsage().maxRSS * 1024;
}
