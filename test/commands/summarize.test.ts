import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { renderContractYaml } from '../../src/lib/parties/compose-contract.js';
import { modelDigest } from '../../src/lib/summarizer/model-digest.js';
import { exampleContract } from '../support/contract.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';

const TINY = 'test/fixtures/models/t5-tiny';
const TEXT = 'the software license you work with. this source code under program terms. any copy may not.';

interface Envelope {
  readonly ok: boolean;
  readonly result: Record<string, unknown>;
  readonly error: { readonly code: string };
}

async function json(...argv: readonly string[]): Promise<{ readonly code: number; readonly json: Envelope }> {
  const { code, json: envelope } = await runCleanroomJson(...argv);
  return { code, json: envelope as unknown as Envelope };
}

describe('summarize', function () {
  this.timeout(60_000);
  let work: string;
  let file: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'cleanroom-summarize-'));
    file = join(work, 'a.txt');
    writeFileSync(file, TEXT);
  });
  after(() => rmSync(work, { recursive: true }));

  it('has summary, method, model and metrics in its result', async () => {
    const { code, json: envelope } = await json('summarize', file, '--model', TINY, '--max-tokens', '40');
    assert.equal(code, 0);
    const { summary, method, model, metrics } = envelope.result;
    assert.equal(summary, 'the software license you work with.');
    assert.equal(method, 't5');
    assert.deepEqual(model, { family: 't5', digest: await modelDigest(TINY) });
    assert.deepEqual(Object.keys(metrics as object), ['bleu4', 'rouge1', 'rouge2', 'rougeL']);
  });

  for (const format of ['text', 'json', 'markdown']) {
    it(`labels an extractive summary in ${format}`, async () => {
      const { code, stdout } = await runCleanroom('summarize', file, '--format', format);
      assert.equal(code, 0);
      assert.match(stdout, /extractive/);
    });
  }

  it('II1: gives no control characters of the text out, neither in a summary nor in the refusal', async () => {
    const hostile = join(work, 'hostile.txt');
    writeFileSync(hostile, 'A title\u001b]0;owned\u0007 and a\u202e twist stand in this one sentence.');
    const { code, stdout, stderr } = await runCleanroom('summarize', hostile);
    assert.equal(code, 5);
    assert.doesNotMatch(stdout + stderr, /[\u001b\u0007\u202e]/);
    assert.match(stderr, /SUMMARY_ALPHABET.*U\+001B/);
  });

  const refused: readonly (readonly [string, string, number, readonly string[]])[] = [
    ['a file that is not there', 'FILE_NOT_FOUND', 3, ['/nowhere/a.txt']],
    ['a model that is not there', 'FILE_NOT_FOUND', 3, ['package.json', '--model', '/nowhere']],
    ['a directory that is no model', 'MODEL_INVALID', 3, ['package.json', '--model', 'src']],
    ['weights for text', 'TEXT_BINARY', 3, [`${TINY}/onnx/encoder_model.onnx`]],
    ['more tokens than a contract can allow', 'USAGE', 2, ['package.json', '--max-tokens', '100000']],
  ];
  for (const [name, code, exit, argv] of refused) {
    it(`refuses ${name} with ${code}`, async () => {
      const run = await json('summarize', ...argv);
      assert.deepEqual([run.code, run.json.ok, run.json.error.code], [exit, false, code]);
    });
  }

  it('reads a pipe', async () => {
    const stdout = await new Promise<string>((resolve, reject) => {
      const child = execFile('node', ['bin/run.js', 'summarize', '-', '--json'], (error, out) =>
        error === null ? resolve(out) : reject(new Error(error.message)),
      );
      child.stdin?.end(TEXT);
    });
    assert.equal((JSON.parse(stdout) as Envelope).result['method'], 'extractive');
  });

  it('model inspect prints the digest of the contract', async () => {
    const { code, stdout } = await runCleanroom('model', 'inspect', TINY);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(await modelDigest(TINY)));
  });

  describe('the scripts of a summary', () => {
    const GREEK = 'Η πόλη αποφάσισε να κατασκευάσει νέα γέφυρα. Το έργο θα αρχίσει τον Μάιο.';
    const write = (text: string): string => {
      const path = join(work, 'scripts.txt');
      writeFileSync(path, text);
      return path;
    };

    it('I6: refuses one that a room with the default scripts refuses, as SUMMARY_ALPHABET', async () => {
      const { code, json: envelope } = await json('summarize', write(GREEK));
      assert.deepEqual([code, envelope.error.code], [5, 'SUMMARY_ALPHABET']);
    });

    it('gives it where its script is named', async () => {
      const { code, json: envelope } = await json('summarize', write(GREEK), '--script', 'Greek');
      assert.equal(code, 0);
      assert.match(String(envelope.result['summary']), /γέφυρα|έργο/);
    });

    it('picks no sentence that may not leave where another one may', async () => {
      const mixed = `${GREEK} ${GREEK.replace('Μάιο', 'Ιούνιο')} The bridge costs forty million.`;
      const { json: envelope } = await json('summarize', write(mixed));
      assert.equal(envelope.result['summary'], 'The bridge costs forty million.');
    });

    it('leaves bullets and pictures out, and writes arrows in plain characters', async () => {
      const { json: envelope } = await json(
        'summarize',
        write('\u2022 Trucks go from Hamburg \u2192 Porto \u{1f69a}.'),
      );
      assert.equal(envelope.result['summary'], 'Trucks go from Hamburg -> Porto.');
    });
  });

  describe('--limits-of', () => {
    const contractOf = async (limits: object): Promise<string> => {
      const contract = exampleContract();
      const digest = await modelDigest(TINY);
      const model = { family: 't5' as const, digest, layer: `sha256:${'0'.repeat(64)}` };
      const wide = { maxShareOfSource: 1, maxCopiedWords: 100, maxCopiedShare: 1, minDocuments: 1 };
      const summary = { ...contract.summary, limits: { ...contract.summary.limits, ...wide, ...limits } };
      delete summary.extractiveLimits;
      const path = join(work, 'contract.yaml');
      writeFileSync(path, renderContractYaml({ ...contract, model, summary }));
      return path;
    };
    interface Trial {
      readonly summary: string;
      readonly limits: {
        readonly kept: boolean;
        readonly checks: readonly {
          readonly id: string;
          readonly expected: string;
          readonly actual: string;
        }[];
      };
    }

    it('shows each measured value beside its limit, without any room', async () => {
      const path = await contractOf({});
      const { code, json: envelope } = await json('summarize', file, '--model', TINY, '--limits-of', path);
      assert.equal(code, 0);
      const { summary, limits } = envelope.result as unknown as Trial;
      assert.equal(summary, 'the software license you work with.');
      assert.equal(limits.kept, true);
      assert.equal(limits.checks.length, 6);
      for (const { id, expected, actual } of limits.checks) assert.ok(expected !== '' && actual !== '', id);
    });

    it('says which limit would keep the summary back', async () => {
      const path = await contractOf({ maxCopiedWords: 4 });
      const { code, stdout, stderr } = await runCleanroom(
        'summarize',
        file,
        '--model',
        TINY,
        '--limits-of',
        path,
      );
      assert.equal(code, 0);
      assert.match(stdout, /fail {2}copied words in a row +6 +allowed: <= 4/);
      assert.match(stderr, /no result/);
    });

    it('takes no other model than the one of the contract', async () => {
      const path = await contractOf({});
      const other = await json(
        'summarize',
        file,
        '--model',
        'test/fixtures/models/bart-tiny',
        '--limits-of',
        path,
      );
      assert.deepEqual([other.code, other.json.error.code], [5, 'MODEL_DIGEST_MISMATCH']);
      const none = await json('summarize', file, '--limits-of', path);
      assert.deepEqual([none.code, none.json.error.code], [2, 'USAGE']);
    });
  });
});
