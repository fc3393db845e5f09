import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { abstractiveEngine } from '../../../src/lib/summarizer/abstractive.js';
import { modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { createSummarizer } from '../../../src/lib/summarizer/summarizer.js';

const MODEL = 'test/fixtures/models/t5-tiny';

describe('model digest', () => {
  let copy: string;
  beforeEach(() => {
    copy = join(mkdtempSync(join(tmpdir(), 'cleanroom-model-')), 'model');
    cpSync(MODEL, copy, { recursive: true });
  });
  afterEach(() => rmSync(join(copy, '..'), { recursive: true }));

  it('is what find, sort and sha256sum make of the directory', async () => {
    const script = `cd ${MODEL} && find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`;
    const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(await modelDigest(MODEL), `sha256:${printed.slice(0, 64)}`);
  });

  it('depends on names and contents, not on times or place', async () => {
    const original = await modelDigest(MODEL);
    utimesSync(join(copy, 'config.json'), 1, 1);
    mkdirSync(join(copy, 'empty'));
    assert.equal(await modelDigest(copy), original);
    renameSync(join(copy, 'generation_config.json'), join(copy, 'generation-config.json'));
    assert.notEqual(await modelDigest(copy), original);
  });

  it('I7: refuses weights with one byte changed, before they are loaded', async () => {
    const expectedDigest = await modelDigest(copy);
    writeFileSync(join(copy, 'onnx/encoder_model.onnx'), 'x', { flag: 'a' });
    await assert.rejects(createSummarizer({ modelDirectory: copy, expectedDigest }), {
      code: 'MODEL_DIGEST_MISMATCH',
    });
  });

  it('I7: refuses a file that was added', async () => {
    const expectedDigest = await modelDigest(copy);
    writeFileSync(join(copy, 'onnx/extra.bin'), 'x');
    await assert.rejects(createSummarizer({ modelDirectory: copy, expectedDigest }), {
      code: 'MODEL_DIGEST_MISMATCH',
    });
  });

  it('I7: refuses links, which could lead to other bytes later', async () => {
    symlinkSync('/etc/hostname', join(copy, 'link'));
    await assert.rejects(modelDigest(copy), { code: 'MODEL_INVALID' });
  });

  it('refuses a directory without files, and one that is not there', async () => {
    mkdirSync(join(copy, '..', 'none'));
    await assert.rejects(modelDigest(join(copy, '..', 'none')), { code: 'MODEL_INVALID' });
    await assert.rejects(modelDigest(join(copy, '..', 'nowhere')), { code: 'FILE_NOT_FOUND' });
  });

  for (const name of [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'onnx/decoder_model_merged.onnx',
  ]) {
    it(`refuses a model without ${name} and names it`, async () => {
      rmSync(join(copy, name));
      await assert.rejects(createSummarizer({ modelDirectory: copy }), {
        code: 'MODEL_INVALID',
        message: new RegExp(name.replaceAll('.', '\\.')),
      });
    });
  }

  const damages: Record<string, (directory: string) => void> = {
    'another kind of model': (directory) =>
      writeFileSync(join(directory, 'config.json'), '{"model_type":"gpt2","vocab_size":1,"eos_token_id":0}'),
    'a config that is not JSON': (directory) => writeFileSync(join(directory, 'config.json'), '{'),
    'a graph of another kind': (directory) =>
      cpSync(join(directory, 'onnx/encoder_model.onnx'), join(directory, 'onnx/decoder_model_merged.onnx')),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`refuses ${name}`, async () => {
      damage(copy);
      await assert.rejects(createSummarizer({ modelDirectory: copy }), { code: 'MODEL_INVALID' });
    });
  }

  it('refuses a tokenizer of another shape', async () => {
    writeFileSync(join(copy, 'tokenizer.json'), '[]');
    await assert.rejects(createSummarizer({ modelDirectory: copy }), { code: 'MODEL_REFUSED' });
  });

  it('II1: refuses weights that are larger than the free memory, before anything of them is read', async () => {
    truncateSync(join(copy, 'onnx/decoder_model_merged.onnx'), 2 ** 42);
    await assert.rejects(abstractiveEngine(await describeModelDirectory(copy)), { code: 'MODEL_TOO_LARGE' });
  });

  it('refuses weights cut short', async () => {
    writeFileSync(join(copy, 'onnx/encoder_model.onnx'), 'ONNX');
    await assert.rejects(createSummarizer({ modelDirectory: copy }), { code: 'MODEL_REFUSED' });
  });

  it('refuses a file where a directory is wanted', async () => {
    await assert.rejects(describeModelDirectory('package.json'), { code: 'MODEL_INVALID' });
  });
});
