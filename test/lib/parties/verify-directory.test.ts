// A directory of bundles on worker threads: each file's outcome in its place, mixed with what is no evidence.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { type EvidenceBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import type { VerificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../../src/lib/room/sign-receipt.js';
import type { Progress } from '../../../src/lib/base/progress.js';
import { planVerification } from '../../../src/lib/parties/verify/plan-verification.js';
import { verifyDirectory } from '../../../src/lib/parties/verify/verify-directory.js';
import { emulatedRoom } from '../../support/emulated-evidence.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { wholeRun } from '../../support/whole-bundle.js';

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

  it('I25: refuses both of two results that took one place, each of which is right by itself', async () => {
    const { run: whole, another } = await twoRuns();
    const alone = await verified([whole.bundle]);
    assert.deepEqual(outcomes(alone), ['accepted ']);
    const both = await verified([whole.bundle, another]);
    assert.deepEqual(outcomes(both), ['refused RECEIPT_PLACE', 'refused RECEIPT_PLACE']);
    assert.equal(both.refused, 2);
    assert.deepEqual(outcomes(await verified([whole.bundle, whole.bundle])), ['accepted ', 'accepted ']);
    assert.ok(both.entries.every((entry) => !('places' in entry)));
  });

  it('I20: says of each of 70 files, on threads, what it says of one, with all that the verifier stated', async () => {
    const { room, bundle } = await wholeRun('one line');
    const { receipt } = parseReceipt(bundle.receipts![0]!);
    const inputs = receipt.inputs.map((input) => ({ ...input, jkt: 'k'.repeat(43) }));
    const { jws } = signReceipt({ ...receipt, inputs }, room.receiptKey);
    const named = { ...bundle, receipts: [jws] };
    const at = new Date();
    const stated: readonly (readonly [RegExp, Partial<VerificationPlan>])[] = [
      [/^(?!.*(?:RECEIPT_JKT|NONCE|HOST_DATA))/, {}],
      [/RECEIPT_JKT/, { sealed: inputs.map(({ header }) => ({ header, recipients: [] })) }],
      [/NONCE/, { expectations: { ...defaultExpectations(at), nonce: 'A'.repeat(22) } }],
      [/HOST_DATA/, { expectations: { ...defaultExpectations(at), hostData: '0'.repeat(64) } }],
      [/SNP_CRL|UVM_CRL|CRL/, { crls: [Uint8Array.of(0)] }],
    ];
    for (const [expected, over] of stated) {
      const [one] = outcomes(await verified([named], over));
      assert.match(one ?? '', expected);
      const many = outcomes(await verified(Array<EvidenceBundle>(70).fill(named), over));
      assert.deepEqual([...new Set(many)], [one]);
    }
  });

  /* A run, and another of the same room with another output in the same place, as after a rollback of the storage. */
  async function twoRuns() {
    const run = await wholeRun('one line');
    const { receipt } = parseReceipt(run.bundle.receipts![0]!);
    const output = { ...receipt.output!, digest: sha256Hex('another line') };
    const { jws } = signReceipt({ ...receipt, output }, run.room.receiptKey);
    return { run, another: { ...run.bundle, receipts: [jws], budget: [] } };
  }

  async function verified(bundles: readonly EvidenceBundle[], over: Partial<VerificationPlan> = {}) {
    const folder = mkdtempSync(join(directory(), 'few-'));
    bundles.forEach((bundle, index) =>
      writeFileSync(join(folder, `${index}.evidence.json`), renderBundle(bundle)),
    );
    const { plan } = await planVerification(
      { anchorsFile: join(directory(), 'anchors.json'), emulatedAllowed: true, required: [] },
      new Date(),
    );
    const silent = { phase: () => undefined, advance: () => undefined, done: () => undefined };
    return verifyDirectory(folder, { ...plan, ...over }, silent, new AbortController().signal, WORKER);
  }

  const outcomes = ({ entries }: Awaited<ReturnType<typeof verified>>): readonly string[] =>
    entries.map(({ outcome, failed }) => `${outcome} ${failed.join()}`);

  it('ends at once when it is interrupted', async () => {
    const controller = new AbortController();
    const work = run(controller.signal);
    controller.abort(new Error('interrupted'));
    await assert.rejects(work, /interrupted/);
  });
});
