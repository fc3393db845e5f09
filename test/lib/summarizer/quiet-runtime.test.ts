// onnxruntime reports batch sizes and timings to its maker unless it is told not to: its queue is a file in the user's cache.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SUMMARIZE = `
  import { readdirSync, readlinkSync } from 'node:fs';
  const { createSummarizer } = await import('./src/lib/summarizer/summarizer.ts');
  const openSockets = () => readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync('/proc/self/fd/' + fd)].filter((target) => target.startsWith('socket:'));
    } catch {
      return [];
    }
  });
  const before = new Set(openSockets());
  const sockets = new Set();
  const look = setInterval(() => openSockets().filter((one) => !before.has(one)).forEach((one) => sockets.add(one)), 5);
  const summarizer = await createSummarizer({ modelDirectory: 'test/fixtures/models/t5-tiny' });
  for (let run = 0; run < 5; run++) await summarizer.summarize([{ name: 'a', text: 'the software license you work with. any copy may not.' }], { maxTokens: 40 });
  await new Promise((done) => setTimeout(done, 2000));
  await summarizer.close();
  clearInterval(look);
  console.log(JSON.stringify([...sockets]));`;

// The runtime is quiet by itself where one of these is set (the names stand in its library): what is tested is what we do.
const TURN_REPORTS_OFF = [
  'ORT_DISABLE_TELEMETRY',
  ...[
    'CI',
    'TF_BUILD',
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'CIRCLECI',
    'TRAVIS',
    'JENKINS_URL',
    'CODEBUILD_BUILD_ID',
  ],
  ...[
    'BUILDKITE',
    'TEAMCITY_VERSION',
    'APPVEYOR',
    'BITBUCKET_BUILD_NUMBER',
    'SYSTEM_TEAMFOUNDATIONCOLLECTIONURI',
  ],
];

const BARE_RUNTIME = `
  const { default: { InferenceSession, Tensor } } = await import('onnxruntime-node');
  const session = await InferenceSession.create('test/fixtures/models/t5-tiny/onnx/encoder_model.onnx');
  const of = (value) => new Tensor('int64', BigInt64Array.from([value, 1n]), [1, 2]);
  await session.run({ input_ids: of(5n), attention_mask: of(1n) });
  await new Promise((done) => setTimeout(done, 2000));
  await session.release();`;

describe('the model runtime', function () {
  this.timeout(60_000);
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'quiet-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  function run(program: string): string {
    const kept = Object.entries(process.env).filter(([name]) => !TURN_REPORTS_OFF.includes(name));
    const environment = { ...Object.fromEntries(kept), XDG_CACHE_HOME: cache, HOME: cache };
    return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  it('opens no socket and queues no report to its maker while it summarizes', function () {
    if (process.platform !== 'linux') return this.skip();
    assert.deepEqual(JSON.parse(run(SUMMARIZE)), []);
    assert.deepEqual(readdirSync(cache), []);
  });

  it('would queue reports if it were left to itself', function () {
    if (process.platform !== 'linux') return this.skip();
    run(BARE_RUNTIME);
    assert.ok(
      readdirSync(cache, { recursive: true }).some((name) => String(name).endsWith('onnxruntime.db')),
    );
  });

  it('is not loaded in a worker thread whose main thread has not turned the reports off', () => {
    const path = JSON.stringify(resolve('src/lib/summarizer/runtime.ts'));
    const worker = `import { parentPort } from 'node:worker_threads';
      import { tsImport } from 'tsx/esm/api';
      const { importRuntime } = await tsImport(${path}, ${JSON.stringify(import.meta.url)});
      parentPort.postMessage(await importRuntime().then(() => 'loaded', (error) => error.code));`;
    const printed = run(`const { Worker } = await import('node:worker_threads');
      new Worker(${JSON.stringify(worker)}, { eval: true }).once('message', (answer) => console.log(answer));`);
    assert.equal(printed.trim(), 'INTERNAL');
  });
});
