// npm run bench:quality: ROUGE and copied share of our summaries on texts of eight kinds, beside the lead sentence, plain LexRank
// and the bare library; and how often each sign of failure fires. `-- --samples N` prints the first N of each kind instead.

import { readFileSync } from 'node:fs';

import { createBreath } from '../src/lib/summarizer/breath.js';
import { measureCopied } from '../src/lib/summarizer/copied.js';
import { extractSummary } from '../src/lib/summarizer/lexrank.js';
import { measureOverlap } from '../src/lib/summarizer/metrics.js';
import { describeFailure, type FailureSign } from '../src/lib/summarizer/output-signs.js';
import { centrality, normalised, vectorsOf } from '../src/lib/summarizer/sentence-rank.js';
import { splitSentences } from '../src/lib/summarizer/sentences.js';
import { createSummarizer } from '../src/lib/summarizer/summarizer.js';
import { words } from '../src/lib/summarizer/words.js';
import { loadPeer } from './peer.js';

interface Pair {
  readonly text: string;
  readonly summary: string;
  readonly language?: string;
}

interface Made {
  readonly text: string;
  readonly method: string;
  readonly failure: FailureSign | null;
}

const MODELS = ['t5-demo', 'bart-demo'] as const;
const LANGUAGES = { de: 'German', fr: 'French', es: 'Spanish' } as const;

const read = (path: string): readonly Pair[] => JSON.parse(readFileSync(path, 'utf8')) as readonly Pair[];
const foreign = read('bench/texts/languages.json');
const KINDS: Readonly<Record<string, readonly Pair[]>> = {
  descriptions: read('test/fixtures/sample-pairs.json'),
  documents: read('tools/models/eval-docs.json'),
  minutes: read('bench/texts/minutes.json'),
  mail: read('bench/texts/mail.json'),
  reports: read('bench/texts/report.json'),
  ...Object.fromEntries(
    Object.entries(LANGUAGES).map(([code, name]) => [
      name,
      foreign.filter(({ language }) => language === code),
    ]),
  ),
};

type System = (text: string) => Promise<Made>;

const copied = (text: string): Made => ({ text, method: 'extractive', failure: null });

const BASELINES: Readonly<Record<string, System>> = {
  'lead sentence': (text) =>
    Promise.resolve(copied(splitSentences(text).find(({ kind }) => kind === 'prose')?.text ?? '')),
  LexRank: async (text) => copied(await plainLexRank(text)),
  extractive: async (text) => copied(await extractSummary(text, { maxWords: 80, maxSentences: 1 })),
};

/* As published, but for the prior of early sentences. */
async function plainLexRank(text: string): Promise<string> {
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
    const runs = made.map(({ text }, index) => measureCopied([pairs[index]?.text ?? ''], [text]));
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
for (const model of MODELS) {
  await withModel(model, async (system) => {
    const all = await summaries(system);
    show(model, all);
    if (samples === 0) reportSigns(model, all);
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
