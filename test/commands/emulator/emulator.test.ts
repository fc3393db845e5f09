// emulator start, status, stop: argv in; exit code and JSON out.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { copyKeysFromCache } from '../../../src/lib/emulator/key-cache.js';
import { openStateStore } from '../../../src/lib/emulator/state/state-store.js';
import { KEY_CACHE } from '../../support/local-azure.js';
import { runCleanroomJson } from '../../support/run-command.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

interface Result {
  readonly running: boolean;
  readonly started: boolean;
  readonly pid: number;
  readonly directory: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly rooms: { readonly kind: string };
}

const codeOf = ({ json }: { readonly json: Record<string, unknown> }): string =>
  (json['error'] as { code: string }).code;

describe('emulator start, status and stop', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const dataHome = process.env['XDG_DATA_HOME'];
  before(() => {
    process.env['XDG_DATA_HOME'] = root();
  });
  after(() => {
    if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = dataHome;
  });

  it('starts in the background, says so a second time, is found without --dir, and ends', async () => {
    const directory = join(root(), 'azure');
    await copyKeysFromCache(KEY_CACHE, await openStateStore(join(directory, 'state')));
    const first = await runCleanroomJson('emulator', 'start', '--dir', directory, '--rooms', 'processes');
    try {
      assert.equal(first.code, 0, JSON.stringify(first.json));
      const started = first.json['result'] as Result;
      assert.equal(started.started, true);
      assert.match(started.endpoints['blob']!, /^https:\/\/127\.0\.0\.1:\d+$/);
      const again = (await runCleanroomJson('emulator', 'start', '--dir', directory)).json[
        'result'
      ] as Result;
      assert.deepEqual([again.started, again.pid], [false, started.pid]);
      const status = await runCleanroomJson('emulator', 'status');
      const { directory: found, rooms } = status.json['result'] as Result;
      assert.deepEqual([status.code, found, rooms.kind], [0, directory, 'processes']);
      const looked = await runCleanroomJson('emulator', 'exec', 'room', 'main');
      assert.deepEqual([looked.code, codeOf(looked)], [2, 'USAGE']);
      const refused = await runCleanroomJson('emulator', 'exec', 'room', 'main', 'ls');
      assert.deepEqual([refused.code, codeOf(refused)], [6, 'ROOM_NEEDS_NAMESPACES']);
    } finally {
      const stopped = await runCleanroomJson('emulator', 'stop', '--dir', directory);
      assert.equal(stopped.code, 0, JSON.stringify(stopped.json));
    }
    assert.equal((await runCleanroomJson('emulator', 'status', '--dir', directory)).code, 6);
    const none = await runCleanroomJson('emulator', 'stop', '--dir', directory);
    assert.deepEqual([none.code, codeOf(none)], [2, 'EMULATOR_NOT_RUNNING']);
    const late = await runCleanroomJson('emulator', 'exec', '--dir', directory, 'room', 'main', 'ls');
    assert.deepEqual([late.code, codeOf(late)], [2, 'EMULATOR_NOT_RUNNING']);
  });

  it('hands on why it did not start', async () => {
    const bad = join(root(), 'bad');
    const refused = await runCleanroomJson('emulator', 'start', '--dir', bad, '--party', 'No Name');
    assert.deepEqual([refused.code, codeOf(refused)], [2, 'USAGE']);
  });
});
