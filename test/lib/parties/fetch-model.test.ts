import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SILENT } from '../../../src/lib/base/progress.js';
import { modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { fetchModel, type FetchModelRequest } from '../../../src/lib/parties/fetch-model.js';
import { findModelDirectory } from '../../../src/lib/parties/model-directory.js';
import { type LoopbackHub, startLoopbackHub } from '../../support/loopback-hub.js';
import { splitDecoder } from '../../support/onnx-graph.js';

const MODEL = 'test/fixtures/models/t5-tiny';
const DECODER = 'onnx/decoder_model_merged.onnx';

describe('model fetch', () => {
  let hub: LoopbackHub;
  let work: string;
  beforeEach(async () => {
    hub = await startLoopbackHub(MODEL);
    work = mkdtempSync(join(tmpdir(), 'cleanroom-fetch-'));
  });
  afterEach(async () => {
    await hub.close();
    rmSync(work, { recursive: true });
  });

  const wanted = (changes: Partial<FetchModelRequest> = {}): FetchModelRequest => ({
    name: 'owner/model',
    hub: hub.url,
    revision: 'main',
    weights: 'fp32',
    directory: join(work, 'model'),
    signal: new AbortController().signal,
    progress: SILENT,
    ...changes,
  });

  it('fetches the files that the summarizer reads, with the digest of the original', async () => {
    const fetched = await fetchModel(wanted());
    assert.equal(fetched.digest, await modelDigest(MODEL));
    assert.equal(await modelDigest(join(work, 'model')), fetched.digest);
    assert.equal(fetched.transferred, fetched.bytes);
    assert.equal(existsSync(join(work, 'model.partial')), false);
  });

  it('goes on where the connection broke, and asks for nothing twice', async () => {
    hub.cutAfter(DECODER, 300_000);
    await assert.rejects(fetchModel(wanted()), { code: 'SERVICE_UNREACHABLE' });
    assert.equal(existsSync(join(work, 'model')), false);
    hub.cutAfter(DECODER, null);
    hub.requests.length = 0;
    const fetched = await fetchModel(wanted());
    assert.equal(hub.requests.length, 1);
    assert.match(hub.requests[0]!, /^onnx\/decoder_model_merged\.onnx@[1-9]\d*$/);
    assert.ok(fetched.transferred < fetched.bytes);
    assert.equal(fetched.digest, await modelDigest(MODEL));
  });

  it('goes on after a body that ended early without an error, and where the hub gives no ranges', async () => {
    hub.alter(DECODER, (content) => content.subarray(0, 300_000));
    await assert.rejects(fetchModel(wanted()), { code: 'SERVICE_UNREACHABLE', message: /at byte 300000/ });
    hub.alter(DECODER, (content) => content);
    hub.giveRanges(false);
    assert.equal((await fetchModel(wanted())).digest, await modelDigest(MODEL));
  });

  it('X3: follows no redirect without end, nor to plain http elsewhere', async () => {
    const config = `/owner/model/resolve/0123456789abcdef0123456789abcdef01234567/config.json`;
    hub.redirect('config.json', config);
    await assert.rejects(fetchModel(wanted()), { code: 'SERVICE_REFUSED' });
    hub.redirect('config.json', 'http://cdn.contoso.example/config.json');
    await assert.rejects(fetchModel(wanted()), { code: 'USAGE', message: /must be https/ });
    assert.equal(existsSync(join(work, 'model')), false);
  });

  for (const path of [DECODER, 'tokenizer.json']) {
    it(`I7: refuses ${path} with one bit changed, and leaves no model`, async () => {
      hub.alter(path, (content) => {
        content[1000]! ^= 1;
        return content;
      });
      await assert.rejects(fetchModel(wanted()), { code: 'MODEL_DIGEST_MISMATCH' });
      assert.equal(existsSync(join(work, 'model')), false);
      assert.equal(existsSync(join(work, 'model.partial', path)), false);
    });
  }

  it('fetches the precision that was asked for, two decoders where they are not merged, and weights outside the graph', async () => {
    const content = (path: string): Buffer => readFileSync(join(MODEL, path));
    const encoder = content('onnx/encoder_model.onnx');
    const { decoder, decoderWithPast } = splitDecoder(content(DECODER), { heads: 4, width: 16, hidden: 64 });
    hub.add('onnx/encoder_model_quantized.onnx', encoder);
    hub.add('onnx/decoder_model_quantized.onnx', decoder);
    hub.add('onnx/decoder_with_past_model_quantized.onnx', decoderWithPast);
    hub.add('onnx/decoder_model_quantized.onnx_data', Buffer.from('weights'));
    hub.add('onnx/decoder_model.onnx', decoder);
    hub.add('README.md', Buffer.from('no part of the model'));
    const { files, directory } = await fetchModel(wanted({ weights: 'q8' }));
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => path.includes('/') || path.endsWith('.md')),
      [
        'onnx/decoder_model_quantized.onnx',
        'onnx/decoder_model_quantized.onnx_data',
        'onnx/decoder_with_past_model_quantized.onnx',
        'onnx/encoder_model_quantized.onnx',
      ],
    );
    assert.equal((await describeModelDirectory(directory)).models[0]?.graphs.weights, 'q8');
    await assert.rejects(fetchModel(wanted({ weights: 'fp16', directory: join(work, 'half') })), {
      code: 'MODEL_INVALID',
      message: /encoder_model_fp16/,
    });
  });

  it('refuses a file that goes on after its announced length', async () => {
    hub.alter('config.json', (content) => Buffer.concat([content, Buffer.alloc(10, 32)]));
    await assert.rejects(fetchModel(wanted()), { code: 'SERVICE_REFUSED' });
  });

  it('refuses a model that is not the one agreed on', async () => {
    const expectedDigest = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(fetchModel(wanted({ expectedDigest })), { code: 'MODEL_DIGEST_MISMATCH' });
    assert.equal(existsSync(join(work, 'model')), false);
  });

  it('X3: refuses a hub over plain http elsewhere than on loopback, before anything is sent', async () => {
    await assert.rejects(fetchModel(wanted({ hub: 'http://hub.contoso.example' })), { code: 'USAGE' });
  });

  it('knows no model by a name that is not in the list or OWNER/REPOSITORY', async () => {
    await assert.rejects(fetchModel(wanted({ name: 'gpt' })), { code: 'MODEL_UNKNOWN' });
    await assert.rejects(fetchModel(wanted({ name: '../../etc' })), { code: 'MODEL_UNKNOWN' });
    await assert.rejects(fetchModel(wanted({ name: 'owner/other' })), { code: 'MODEL_UNKNOWN' });
  });

  it('does not touch a directory that is another model, or none', async () => {
    await assert.rejects(fetchModel(wanted({ directory: work })), { code: 'USAGE' });
    await fetchModel(wanted());
    writeFileSync(join(work, 'model/config.json'), '{}');
    await assert.rejects(fetchModel(wanted()), { code: 'USAGE' });
    assert.equal(readFileSync(join(work, 'model/config.json'), 'utf8'), '{}');
  });

  it('finds what it fetched before, and fetches no file again', async () => {
    const first = await fetchModel(wanted());
    hub.requests.length = 0;
    const second = await fetchModel(wanted());
    assert.deepEqual([hub.requests, second.transferred], [[], 0]);
    assert.deepEqual({ ...second, transferred: first.transferred }, first);
  });

  it('is what --model finds by its name afterwards, before one of the package', async () => {
    const before = process.cwd();
    process.chdir(work);
    try {
      assert.equal(findModelDirectory('t5-small', before), 't5-small');
      await fetchModel(wanted({ directory: 'models/t5-small' }));
      assert.equal(findModelDirectory('t5-small', before), 'models/t5-small');
      assert.equal(findModelDirectory('t5-demo', before), join(before, 'models/t5-demo'));
      assert.equal(findModelDirectory('../t5-small', before), '../t5-small');
    } finally {
      process.chdir(before);
    }
  });

  it('says licence, size and memory before it asks for a file', async () => {
    const said: string[] = [];
    const phase = (text: string): void => void said.push(`${text} (${hub.requests.length} files)`);
    const { licence } = await fetchModel(wanted({ progress: { ...SILENT, phase } }));
    assert.equal(licence, 'apache-2.0');
    assert.match(
      said[1] ?? '',
      /licence apache-2\.0, 1 MB; running it takes about 0\.2 GB of memory \(0 files\)/,
    );
  });

  it('waits where the hub limits its callers, and gives up in the end', async () => {
    hub.limit(4);
    assert.equal((await fetchModel(wanted())).digest, await modelDigest(MODEL));
    hub.limit(1000);
    await assert.rejects(fetchModel(wanted({ directory: join(work, 'other') })), { code: 'SERVICE_REFUSED' });
  });

  it('stops when it is told to', async () => {
    const abortion = new AbortController();
    const progress = { ...SILENT, advance: () => abortion.abort(new Error('stop')) };
    await assert.rejects(fetchModel(wanted({ signal: abortion.signal, progress })), { message: 'stop' });
  });
});
