// What a model needs of memory, what there is, and that too little is said before anything is loaded.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { availableMemory } from '../../../src/lib/summarizer/available-memory.js';
import { describeModelDirectory } from '../../../src/lib/summarizer/model-directory.js';
import { memoryOfContainer, memoryToRun, shapeOf } from '../../../src/lib/summarizer/model-memory.js';
import { limitMemory } from '../../support/memory-limit.js';

const MIB = 2 ** 20;

function kernel(files: Readonly<Record<string, string>>): () => Promise<number> {
  return () => availableMemory((path) => Promise.resolve(files[path] ?? null));
}

describe('the memory that is available', () => {
  it('is what a cgroup of version 1 still allows, caches of files not counted', async () => {
    const available = kernel({
      '/proc/self/cgroup': '4:memory:/rooms/one\n3:cpuset:/\n',
      '/sys/fs/cgroup/memory/rooms/one/memory.limit_in_bytes': '104857600\n',
      '/sys/fs/cgroup/memory/rooms/one/memory.usage_in_bytes': '94371840\n',
      '/sys/fs/cgroup/memory/rooms/one/memory.stat':
        'cache 9\ninactive_file 1\ntotal_inactive_file 2097152\ntotal_active_file 1048576\n',
    });
    assert.equal(await available(), 13 * MIB);
  });

  it('is what a cgroup of version 2 still allows', async () => {
    const available = kernel({
      '/proc/self/cgroup': '0::/rooms\n',
      '/sys/fs/cgroup/rooms/memory.max': '104857600\n',
      '/sys/fs/cgroup/rooms/memory.current': '94371840\n',
      '/sys/fs/cgroup/rooms/memory.stat': 'inactive_file 1048576\nactive_file 0\n',
    });
    assert.equal(await available(), 11 * MIB);
  });

  it('is the least of every group above, and of the root that a container sees as its own', async () => {
    const above = {
      '/proc/self/cgroup': '0::/pods/room\n',
      '/sys/fs/cgroup/pods/room/memory.max': 'max\n',
      '/sys/fs/cgroup/pods/room/memory.current': '1\n',
      '/sys/fs/cgroup/pods/memory.max': '5242880\n',
      '/sys/fs/cgroup/pods/memory.current': '1048576\n',
    };
    assert.equal(await kernel(above)(), 4 * MIB);
    const root = { '/sys/fs/cgroup/memory.max': '3145728', '/sys/fs/cgroup/memory.current': '1048576' };
    assert.equal(await kernel({ ...above, ...root })(), 2 * MIB);
  });

  it('is never less than nothing, and the machine’s where no group limits it', async () => {
    const spent = {
      '/proc/self/cgroup': '4:memory:/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1048576',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '2097152',
    };
    assert.equal(await kernel(spent)(), 0);
    assert.ok((await kernel({})()) > 16 * MIB);
  });
});

describe('the memory that a model needs', () => {
  /* Peaks of resident memory over the empty process: `node --import tsx bench/model-memory.ts`. */
  const measured: readonly [string, number, number, number][] = [
    ['t5-small fp32, 512 tokens', 294, 67, 504],
    ['distilbart fp32, 1024 tokens', 1362, 219, 1803],
    ['bart-large fp32, 1024 tokens', 1747, 437, 2349],
    ['bart-large int8, 1024 tokens', 811, 437, 1998],
  ];
  for (const [name, weights, cache, peak] of measured) {
    it(`is not less than was seen, and not twice as much: ${name}`, () => {
      const needed = memoryToRun([{ weightBytes: weights * MIB, cacheBytes: cache * MIB }]) / MIB;
      assert.ok(needed >= peak && needed < 2 * peak, `${needed} against ${peak}`);
    });
  }

  it('follows the weights, the input and the beams that a model has by its own files', async () => {
    const [model] = (await describeModelDirectory('models/t5-demo')).models;
    const shape = await shapeOf(model!);
    assert.ok(memoryOfContainer([shape]) < 512 * MIB);
    const wider = await shapeOf({ ...model!, settings: { version: 1 }, beams: 8, inputLimit: 65_536 });
    assert.ok(wider.cacheBytes > 8 * shape.cacheBytes);
    const { graphs } = model!;
    const half = await shapeOf({ ...model!, graphs: { ...graphs, weights: 'fp16' } });
    assert.ok(half.weightBytes > shape.weightBytes);
  });

  it('of a chain is that of both models at once', () => {
    const one = { weightBytes: MIB, cacheBytes: 0 };
    assert.equal(memoryToRun([one, one]), memoryToRun([{ weightBytes: 2 * MIB, cacheBytes: 0 }]));
  });
});

describe('a model under a real limit of memory', function () {
  this.timeout(60_000);

  it('is refused in words, not killed', function () {
    const limit = limitMemory(384 * MIB);
    if (limit === null) return this.skip();
    const directory = mkdtempSync(join(tmpdir(), 'cleanroom-memory-'));
    try {
      cpSync('models/t5-demo', join(directory, 'model'), { recursive: true });
      writeFileSync(join(directory, 'model/onnx/decoder_model_merged.onnx_data'), '');
      truncateSync(join(directory, 'model/onnx/decoder_model_merged.onnx_data'), 400 * MIB);
      writeFileSync(join(directory, 'text.txt'), 'The ferry leaves at nine. It is seldom late in summer.');
      const command = `${limit.enter} && exec '${process.execPath}' bin/run.js summarize '${directory}/text.txt' --model '${directory}/model' --json`;
      const { status, signal, stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      assert.equal(signal, null);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'MODEL_TOO_LARGE');
      assert.equal(status, 3);
    } finally {
      rmSync(directory, { recursive: true, force: true });
      limit.remove();
    }
  });
});
