// Exports as hubs have them: the small models that copy a sentence, taken apart into the layouts of optimum and transformers.js.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { createSummarizer } from '../../../src/lib/summarizer/summarizer.js';
import { splitDecoder, withCacheBranch } from '../../support/onnx-graph.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const TEXTS = [
  'the software license you work with. this source code under program terms. any copy may not.',
  'this source code under program terms. any copy may not.',
];
const SUMMARIES = ['the software license you work with.', 'this source code under program terms.'];
const SHAPE = { heads: 4, width: 16, hidden: 64 };
const MERGED = 'onnx/decoder_model_merged.onnx';

type Layout = (directory: string) => void;

const layouts: Readonly<Record<string, Layout>> = {
  'two branches in one graph (use_cache_branch)': (directory) => {
    const path = join(directory, MERGED);
    writeFileSync(path, withCacheBranch(readFileSync(path), SHAPE));
  },
  'two graphs (decoder_model, decoder_with_past_model)': (directory) => {
    const { decoder, decoderWithPast } = splitDecoder(readFileSync(join(directory, MERGED)), SHAPE);
    rmSync(join(directory, MERGED));
    writeFileSync(join(directory, 'onnx/decoder_model.onnx'), decoder);
    writeFileSync(join(directory, 'onnx/decoder_with_past_model.onnx'), decoderWithPast);
  },
  'graphs beside config.json, as optimum writes them': (directory) => {
    for (const name of ['encoder_model.onnx', 'decoder_model_merged.onnx'])
      renameSync(join(directory, 'onnx', name), join(directory, name));
  },
  'quantized file names': (directory) => {
    for (const name of ['encoder_model', 'decoder_model_merged'])
      renameSync(join(directory, `onnx/${name}.onnx`), join(directory, `onnx/${name}_quantized.onnx`));
  },
};

describe('model layouts', function () {
  this.timeout(30_000);
  const work = useTemporaryDirectory();

  for (const [name, lay] of Object.entries(layouts)) {
    for (const family of ['t5', 'bart']) {
      it(`${family}: copies as before with ${name}, greedy and with beams that change places`, async () => {
        const directory = join(work(), family);
        cpSync(`test/fixtures/models/${family}-tiny`, directory, { recursive: true });
        lay(directory);
        const summarizer = await createSummarizer({ modelDirectory: directory });
        const documents = TEXTS.map((text, index) => ({ name: String(index), text }));
        for (const beams of [1, 3]) {
          const { perDocument } = await summarizer.summarize(documents, { maxTokens: 40, beams });
          assert.deepEqual(
            perDocument.map(({ summary }) => summary),
            SUMMARIES,
          );
        }
        await summarizer.close();
      });
    }
  }

  it('takes what cleanroom.json says of beams, length and input, and refuses what it does not know', async () => {
    const directory = join(work(), 'settings');
    cpSync('test/fixtures/models/t5-tiny', directory, { recursive: true });
    const before = await modelDigest(directory);
    const settings = { version: 1, beams: 3, summaryTokens: 7, input: 'central-sentences' };
    writeFileSync(join(directory, 'cleanroom.json'), JSON.stringify(settings));
    assert.notEqual(await modelDigest(directory), before);
    assert.deepEqual((await describeModelDirectory(directory)).models[0]?.settings, settings);
    const summarizer = await createSummarizer({ modelDirectory: directory });
    const { tokens } = await summarizer.summarize([{ name: 'a', text: TEXTS.join(' ') }], {});
    assert.ok(tokens <= 7);
    await summarizer.close();
    writeFileSync(join(directory, 'cleanroom.json'), '{"version":1,"temperature":0.7}');
    await assert.rejects(describeModelDirectory(directory), {
      code: 'MODEL_INVALID',
      message: /temperature/,
    });
  });

  it('takes the most exact weights of a directory that holds several, all of one precision', async () => {
    const directory = join(work(), 'several');
    cpSync('test/fixtures/models/t5-tiny', directory, { recursive: true });
    const copy = (name: string, suffix: string): void =>
      cpSync(join(directory, `onnx/${name}.onnx`), join(directory, `onnx/${name}${suffix}.onnx`));
    copy('encoder_model', '_quantized');
    copy('decoder_model_merged', '_quantized');
    assert.equal((await describeModelDirectory(directory)).models[0]?.graphs.weights, 'fp32');
    rmSync(join(directory, MERGED));
    assert.equal((await describeModelDirectory(directory)).models[0]?.graphs.weights, 'q8');
    rmSync(join(directory, 'onnx/encoder_model_quantized.onnx'));
    await assert.rejects(describeModelDirectory(directory), { code: 'MODEL_INVALID' });
  });
});
