// A directory of bundles on worker threads: each file's outcome in its place, mixed with what is no evidence.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import type { Progress } from '../../../src/lib/base/progress.js';
import { planVerification } from '../../../src/lib/parties/verify/plan-verification.js';
import { verifyDirectory } from '../../../src/lib/parties/verify/verify-directory.js';
import { emulatedRoom } from '../../support/emulated-evidence.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const WORKER = new URL('../../support/batch-worker.mjs', import.meta.url);
const FILES = 300;

describe('verification of a directory', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const many = (): string => join(directory(), 'many');

  async function run(signal: AbortSignal, seen: string[] = []) {
    const { plan } = await planVerification(
      { anchorsFile: join(directory(), 'anchors.json'), emulatedAllowed: true, required: [] },
      new Date(),
    );
    const progress: Progress = {
      phase: (name) => seen.push(name),
      advance: (_share, detail) => seen.push(detail ?? ''),
      done: () => undefined,
    };
    return verifyDirectory(many(), plan, progress, signal, WORKER);
  }

  before(async () => {
    const room = await emulatedRoom();
    mkdirSync(join(many(), 'deeper'), { recursive: true });
    writeFileSync(join(directory(), 'anchors.json'), room.anchorsText);
    const good = renderBundle(room.bundle());
    const stale = renderBundle(room.bundle({ runtimeData: room.runtimeData({ nonce: 'A'.repeat(22) }) }));
    for (let index = 0; index < FILES; index++) {
      const name = `${String(index).padStart(3, '0')}.evidence.json`;
      writeFileSync(join(many(), name), index % 50 === 7 ? stale : index % 50 === 9 ? '{}' : good);
    }
    writeFileSync(join(many(), 'deeper', 'notes.txt'), 'not evidence');
  });

  it('gives each of some hundred files its own outcome, in order, and says how far it is', async () => {
    const seen: string[] = [];
    const summary = await run(new AbortController().signal, seen);
    assert.equal(summary.files, FILES + 1);
    for (const [index, entry] of summary.entries.slice(0, FILES).entries()) {
      const expected = index % 50 === 7 ? 'refused' : index % 50 === 9 ? 'not-evidence' : 'accepted';
      assert.deepEqual([entry.path.slice(0, 3), entry.outcome], [String(index).padStart(3, '0'), expected]);
      assert.deepEqual(entry.failed, expected === 'refused' ? ['REPORT_DATA'] : []);
    }
    assert.equal(summary.entries.at(-1)?.path, join('deeper', 'notes.txt'));
    assert.deepEqual([summary.refused, summary.notEvidence], [FILES / 50, FILES / 50 + 1]);
    assert.ok(seen.includes(`verifying ${FILES + 1} files`));
    assert.ok(seen.includes(`${FILES + 1} of ${FILES + 1}`));
  });

  it('ends at once when it is interrupted', async () => {
    const controller = new AbortController();
    const work = run(controller.signal);
    controller.abort(new Error('interrupted'));
    await assert.rejects(work, /interrupted/);
  });
});
