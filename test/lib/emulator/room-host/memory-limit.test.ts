// A container's limit of memory where nobody lets the local Azure make control groups, and what is left of one that it made.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { limitMemory } from '../../../../src/lib/emulator/room-host/namespaces/memory-limit.js';
import { wrapProgram } from '../../../../src/lib/emulator/room-host/namespaces/shell-around.js';
import type { NamespacedProgram } from '../../../../src/lib/emulator/room-host/namespaces/namespaced-program.js';

const MIB = 2 ** 20;
const TAKE =
  "const taken = []; for (let i = 0; i < 40; i++) taken.push(Buffer.alloc(2 ** 24, 1)); console.log('took');";

describe("a container's memory", () => {
  const taking = (memory: NamespacedProgram['memory'], script: string) => {
    const program = { memory, user: null, root: '/', binds: [] } as unknown as NamespacedProgram;
    const [first, ...args] = [...wrapProgram(program).wrapper, process.execPath, '--eval', script];
    return spawnSync(first, args, { encoding: 'utf8' });
  };

  it('is limited by its data segment where no control group can be made', () => {
    const limit = limitMemory(`cleanroom-test-${process.pid}`, 256 * MIB, []);
    assert.equal(limit.by, 'its data segment');
    const { status, stdout } = taking(limit, TAKE);
    assert.notEqual(status, 0);
    assert.doesNotMatch(stdout, /took/);
  });

  it('is known to the program that is limited so', () => {
    const script =
      "import('./dist/lib/summarizer/available-memory.js').then((m) => m.availableMemory()).then((bytes) => console.log(bytes))";
    const { stdout } = taking(limitMemory(`cleanroom-test-${process.pid}`, 256 * MIB, []), script);
    assert.ok(Number(stdout) > 0 && Number(stdout) < 256 * MIB, stdout);
  });

  it('is not limited where its group names no limit', () => {
    assert.equal(taking(limitMemory('cleanroom-test', null), TAKE).status, 0);
  });

  it('is limited by a control group where one can be made, which is gone afterwards and taken up where it was left', function () {
    const name = `cleanroom-test-${process.pid}`;
    const limit = limitMemory(name, 256 * MIB);
    if (limit.by !== 'a control group') this.skip();
    assert.equal(limitMemory(name, 256 * MIB).told, limit.told);
    assert.notEqual(taking(limit, TAKE).status, 0);
    limit.remove();
    assert.ok(!existsSync(dirname(limit.told)));
  });
});
