// npm run bench:quality: ROUGE and copied share of our summaries on texts of nine kinds, beside the lead sentence, plain LexRank
// and the bare library; the thresholds of the signs of failure, and how often each fires on good texts and on the models'.
// `-- --samples N` prints the first N of each kind instead.

import { measureCopies } from '../src/lib/summarizer/copy-measure.js';
import { measureOverlap } from '../src/lib/summarizer/metrics.js';
import {
  describeFailure,
  failuresOf,
  type FailureSign,
  LEAST_LOG_PROBABILITY,
  MOST_UNKNOWN,
} from '../src/lib/summarizer/output-signs.js';
import { splitSentences } from '../src/lib/summarizer/sentences.js';
import { isStump, LEAST_KEPT } from '../src/lib/summarizer/shortening.js';
import { FROM_ONE, FROM_TWO, isSplice } from '../src/lib/summarizer/splice.js';
import { createSummarizer } from '../src/lib/summarizer/summarizer.js';
import { loadTokenizer } from '../src/lib/summarizer/tokenizer.js';
import { words } from '../src/lib/summarizer/words.js';
import { loadPeer } from './peer.js';
import { extractive, leadSentence, plainLexRank } from './quality/baselines.js';
import { KINDS } from './quality/texts.js';

interface Made {
  readonly text: string;
  readonly method: string;
  readonly failure: FailureSign | null;
}

const MODELS = ['t5-demo', 'bart-demo'] as const;
type System = (text: string) => Promise<Made>;

const copied = (text: string): Made => ({ text, method: 'extractive', failure: null });

const BASELINES: Readonly<Record<string, System>> = {
  'lead sentence': async (text) => copied(await leadSentence(text)),
  LexRank: async (text) => copied(await plainLexRank(text)),
  extractive: async (text) => copied(await extractive(text)),
};

async function withModel(name: string, work: (system: System) => Promise<void>): Promise<void> {
  const summarizer = await createSummarizer({ modelDirectory: `models/${name}` });
  await work(async (text) => {
    const made = await summarizer.summarize([{ name: 'text', text }], { whenModelFails: 'sentences' });
    return { text: made.summary, method: made.method, failure: made.modelFailure };
  });
  await summarizer.close();
}

async function summaries(system: System): Promise<ReadonlyMap<string, readonly Made[]>> {
  const all = new Map<string, readonly Made[]>();
  for (const [kind, pairs] of Object.entries(KINDS)) {
    const made: Made[] = [];
    for (const { text } of pairs) made.push(await system(text));
    all.set(kind, made);
  }
  return all;
}

function report(system: string, all: ReadonlyMap<string, readonly Made[]>): void {
  for (const [kind, made] of all) {
    const pairs = KINDS[kind] ?? [];
    const overlaps = made.map(({ text }, index) => measureOverlap(text, pairs[index]?.summary ?? ''));
    const runs = made.map(({ text }, index) => measureCopies([pairs[index]?.text ?? ''], [text]));
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const columns = [
      100 * mean(overlaps.map((overlap) => overlap.rouge1.f1)),
      100 * mean(overlaps.map((overlap) => overlap.rouge2.f1)),
      100 * mean(overlaps.map((overlap) => overlap.rougeL.f1)),
      mean(made.map(({ text }) => words(text).length)),
      mean(runs.map(({ stretch }) => stretch)),
      100 * mean(runs.map(({ share }) => share)),
    ];
    const fallbacks = made.filter(({ failure }) => failure !== null).length;
    process.stdout.write(
      `${system.padEnd(22)}${`${kind} (${pairs.length})`.padEnd(20)}${columns.map((value) => value.toFixed(1).padStart(8)).join('')}${String(fallbacks).padStart(10)}\n`,
    );
  }
}

function reportSigns(model: string, all: ReadonlyMap<string, readonly Made[]>): void {
  const counts = new Map<FailureSign, number>();
  let outputs = 0;
  for (const made of all.values()) {
    outputs += made.length;
    for (const { failure } of made) if (failure !== null) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  }
  const fired = [...counts].map(([sign, count]) => `${count} x ${sign} (${describeFailure(sign)})`);
  process.stdout.write(
    `${model}: signs of failure on ${outputs} texts: ${fired.length === 0 ? 'none' : fired.join(', ')}\n`,
  );
}

/* Texts that people wrote, of what they summarize: whatever fires on them is a false alarm. */
async function reportFalseAlarms(model: string): Promise<void> {
  const tokenizer = await loadTokenizer(`models/${model}`);
  const pairs = Object.values(KINDS).flat();
  const sentences = pairs.flatMap(({ text }) =>
    splitSentences(text).flatMap((one) => (one.kind === 'prose' ? [{ text: one.text, source: text }] : [])),
  );
  const references = pairs.map(({ text, summary }) => ({ text: summary, source: text }));
  for (const [name, good] of Object.entries({ references, 'sentences of the texts': sentences })) {
    const counts = new Map<string, number>();
    const count = (sign: string): unknown => counts.set(sign, (counts.get(sign) ?? 0) + 1);
    for (const output of good) {
      const isWord = (word: string): boolean => tokenizer.isWord(word);
      for (const sign of failuresOf({ ...output, meanLogProbability: 0, ended: true, isWord })) count(sign);
      const source = splitSentences(output.source).map(({ text }) => text);
      const own = splitSentences(output.text);
      if (own.some(({ text }) => isSplice(text, source))) count('splice');
      if (own.some(({ text }) => isStump(text, source))) count('stump');
    }
    const fired = [...counts].map(([sign, times]) => `${times} x ${sign}`);
    process.stdout.write(
      `${model}: false alarms on ${good.length} ${name}: ${fired.length === 0 ? 'none' : fired.join(', ')}\n`,
    );
  }
}

const THRESHOLDS = `thresholds: unknown words > ${100 * MOST_UNKNOWN} %, mean log-probability < ${LEAST_LOG_PROBABILITY}, splice: < ${100 * FROM_ONE} % of a sentence out of one, >= ${100 * FROM_TWO} % out of two, stump: < ${100 * LEAST_KEPT} % of a sentence\n`;

function printSamples(system: string, all: ReadonlyMap<string, readonly Made[]>, count: number): void {
  for (const [kind, made] of all) {
    process.stdout.write(`\n## ${system}, ${kind}\n\n`);
    made.slice(0, count).forEach(({ text, method, failure }, index) => {
      const source = KINDS[kind]?.[index]?.text.replace(/\s+/g, ' ') ?? '';
      process.stdout.write(
        `${index + 1}. [${method}${failure === null ? '' : `, model failed: ${failure}`}] ${text}\n   - source: ${source}\n`,
      );
    });
  }
}

const flag = process.argv.indexOf('--samples');
const samples = flag === -1 ? 0 : Number(process.argv[flag + 1]);
const show = (system: string, all: ReadonlyMap<string, readonly Made[]>): void =>
  samples > 0 ? printSamples(system, all, samples) : report(system, all);

if (samples === 0)
  process.stdout.write(
    `${'system'.padEnd(22)}${'texts'.padEnd(20)}${['R-1', 'R-2', 'R-L', 'words', 'run', 'copied %'].map((name) => name.padStart(8)).join('')} fallbacks\n`,
  );
for (const [name, system] of Object.entries(BASELINES)) {
  if (samples > 0 && name !== 'extractive') continue;
  show(name, await summaries(system));
}
if (samples === 0) process.stdout.write(THRESHOLDS);
for (const model of MODELS) {
  await withModel(model, async (system) => {
    const all = await summaries(system);
    show(model, all);
    if (samples === 0) {
      reportSigns(model, all);
      await reportFalseAlarms(model);
    }
  });
}
const peer = samples > 0 ? null : await loadPeer();
if (peer !== null) {
  peer.env.localModelPath = 'models/';
  for (const model of MODELS) {
    const library = await peer.pipeline('summarization', model, { dtype: 'fp32', device: 'cpu' });
    const system: System = async (text) => {
      const [answer] = (await library(text)) as unknown as readonly { summary_text: string }[];
      return copied((answer?.summary_text ?? '').trim());
    };
    report(`${model}, bare library`, await summaries(system));
  }
}
