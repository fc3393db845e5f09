// A summary is of its documents and their order, whichever room makes which part of it: exact and quantized graphs alike.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { importRuntime } from '../../../src/lib/summarizer/runtime.js';
import {
  createSummarizer,
  type DocumentSummary,
  type SourceDocument,
} from '../../../src/lib/summarizer/summarizer.js';
import { quantized } from '../../support/quantized-graph.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { requireTool } from '../../support/tools.js';

const DOCUMENTS = [
  'the software license you work with. this source code under program terms. any copy may not.',
  'this source code under program terms. any copy may not.',
  'any copy may not. the software license you work with.',
  'you may copy this program under the license. the source code of the software.',
  'the work of any program. you copy the software with this license and the source code.',
].map((text, index): SourceDocument => ({ name: `${index}`, text }));

type Precision = 'fp32' | 'int8' | 'q4';

function modelOf(family: string, precision: Precision, work: string): string {
  const directory = join(work, `${family}-${precision}`);
  cpSync(`test/fixtures/models/${family}-tiny`, directory, { recursive: true });
  if (precision === 'fp32') return directory;
  for (const name of ['encoder_model', 'decoder_model_merged']) {
    const path = join(directory, `onnx/${name}.onnx`);
    writeFileSync(path, quantized(readFileSync(path), precision));
    renameSync(path, join(directory, `onnx/${name}_${precision}.onnx`));
  }
  return directory;
}

/* One room of `count`: the documents whose place is `shard` modulo `count`. */
async function summarizeShard(
  modelDirectory: string,
  shard: number,
  count: number,
): Promise<readonly (readonly [number, DocumentSummary])[]> {
  const summarizer = await createSummarizer({ modelDirectory });
  const made: (readonly [number, DocumentSummary])[] = [];
  for (const [place, document] of DOCUMENTS.entries())
    if (place % count === shard) made.push([place, await summarizer.summarizeOne(document, OPTIONS)]);
  await summarizer.close();
  return made;
}

const OPTIONS = { beams: 3, maxTokens: 200, whenModelFails: 'sentences', attribution: true } as const;

describe('a summary of several documents', function () {
  this.timeout(60_000);
  const work = useTemporaryDirectory();

  for (const family of ['t5', 'bart']) {
    for (const precision of ['fp32', 'int8', 'q4'] as const) {
      it(`is the same bytes by one room and by three shards, of ${family} in ${precision}`, async () => {
        const modelDirectory = modelOf(family, precision, work());
        const room = await createSummarizer({ modelDirectory });
        const whole = await room.summarize(DOCUMENTS, OPTIONS);
        assert.equal(whole.perDocument[0]?.summary, 'the software license you work with.');
        assert.ok(whole.perDocument.some(({ method }) => method === family));
        const parts = [];
        for (const shard of [2, 0, 1]) parts.push(...(await summarizeShard(modelDirectory, shard, 3)));
        const each = parts.sort(([a], [b]) => a - b).map(([, summary]) => summary);
        const merged = await room.merge(DOCUMENTS, each, OPTIONS);
        const { metrics } = whole;
        assert.equal(JSON.stringify({ ...merged, metrics }), JSON.stringify({ ...whole }));
        await room.close();
      });
    }
  }

  for (const model of ['t5-demo', 'bart-demo'])
    it(`is the same bytes on one processor as on all, of ${model}`, function () {
      requireTool(this, 'taskset');
      const argv = ['bin/run.js', 'summarize', 'templates/demo/brief.txt', '--json', '--model', model];
      const allowed =
        /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
      const one = execFileSync('taskset', ['-c', allowed, process.execPath, ...argv], { encoding: 'utf8' });
      assert.equal(one, execFileSync(process.execPath, argv, { encoding: 'utf8' }));
      assert.match(one, /"summary": "[^"]/);
    });

  it('is of one text at a time, because rows of a batch change each other in a quantized graph', async () => {
    const { InferenceSession, Tensor } = await importRuntime();
    const path = join(modelOf('t5', 'int8', work()), 'onnx/encoder_model_int8.onnx');
    const session = await InferenceSession.create(path);
    const encode = async (...rows: readonly (readonly number[])[]): Promise<readonly number[]> => {
      const shape = [rows.length, rows[0]?.length ?? 0];
      const ids = BigInt64Array.from(rows.flat(), BigInt);
      const output = await session.run({
        input_ids: new Tensor('int64', ids, shape),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
      });
      return [...(output['last_hidden_state']?.data as Float32Array).slice(0, 64 * (shape[1] ?? 0))];
    };
    const [text, neighbour] = [
      [20, 21, 22, 23],
      [300, 301, 302, 303],
    ];
    assert.notDeepEqual(await encode(text, neighbour), await encode(text));
    await session.release();
  });
});
