// The summarizer's decoding against transformers.js on the same models: the demo's, and random weights of the geometries that
// are used for summaries (60, 306 and 406 million parameters); the model's own way of working against all at once; memory.

import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadPeer } from './peer.js';
import { type Geometry, GEOMETRIES } from './real-size/geometries.js';
import { makeModel } from './real-size/make-model.js';
import type { Precision } from './real-size/onnx-writer.js';
import { race } from './real-size/race.js';
import type { BenchRow } from './row.js';

interface Heat {
  readonly name: string;
  readonly geometry: Geometry | null;
  readonly precision: Precision;
  readonly characters: number;
  readonly tokens: number;
  readonly rounds: number;
}

const report = (JSON.parse(readFileSync('bench/texts/report.json', 'utf8')) as readonly { text: string }[])
  .slice(1, 5)
  .map(({ text }) => text)
  .join(' ');

/* Long inputs, as summaries have them; fewer tokens of the larger ones, so that the bench ends. */
const HEATS: readonly Heat[] = [
  { name: 't5-demo', geometry: null, precision: 'fp32', characters: 500, tokens: 40, rounds: 7 },
  realHeat('t5-small', 'fp32', 40, 3),
  realHeat('t5-small', 'fp16', 40, 3),
  realHeat('t5-small', 'int8', 40, 3),
  realHeat('t5-small', 'q4', 40, 3),
  realHeat('distilbart-cnn-12-6', 'fp32', 16, 2),
  realHeat('distilbart-cnn-12-6', 'int8', 16, 2),
  realHeat('bart-large-cnn', 'fp32', 16, 2),
  realHeat('bart-large-cnn', 'int8', 16, 2),
];

/** Interleaved medians; each model is made, raced and removed. */
export default async function benchSummary(): Promise<readonly BenchRow[]> {
  if ((await loadPeer()) === null) return [];
  const rows: BenchRow[] = [];
  for (const heat of HEATS) rows.push(...(await run(heat)));
  return rows;
}

async function run({
  name,
  geometry,
  precision,
  characters,
  tokens,
  rounds,
}: Heat): Promise<readonly BenchRow[]> {
  const directory = geometry === null ? null : await mkdtemp(join(tmpdir(), 'cleanroom-bench-'));
  try {
    const made =
      geometry === null || directory === null ? null : await makeModel(geometry, precision, directory);
    const size = made === null ? '5 M parameters' : `${(made.parameters / 1e6).toFixed(0)} M parameters`;
    const result = await race(
      directory ?? `models/${name}`,
      precision,
      report.slice(0, characters),
      tokens,
      rounds,
    );
    return [
      {
        name: `decoding at the size of ${name}, ${precision}`,
        against: 'transformers.js, same model and text',
        ratio: result.ours / result.theirs,
        target: geometry === null ? '>= 1.3 of its tokens/s' : '>= 1.0 of its tokens/s',
        detail: `${size}: ${result.ours.toFixed(1)} against ${result.theirs.toFixed(1)} tokens/s, ${result.sameTokens ? 'the same tokens' : 'OTHER TOKENS'}`,
      },
      {
        name: `peak memory at the size of ${name}, ${precision}`,
        against: 'transformers.js, same model and text',
        ratio: result.ourMemory / result.theirMemory,
        target: '<= 1.1',
        detail: `${result.ourMemory.toFixed(0)} against ${result.theirMemory.toFixed(0)} MB`,
      },
    ];
  } finally {
    if (directory !== null) await rm(directory, { recursive: true, force: true });
  }
}

function realHeat(name: string, precision: Precision, tokens: number, rounds: number): Heat {
  return { name, geometry: geometryOf(name), precision, characters: 1600, tokens, rounds };
}

function geometryOf(name: string): Geometry {
  const found = GEOMETRIES.find((geometry) => geometry.name === name);
  if (found === undefined) throw new TypeError(`there is no geometry ${name}`);
  return found;
}
