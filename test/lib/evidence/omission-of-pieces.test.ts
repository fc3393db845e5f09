// Leaving out a piece that is named by a flag, or a file of a directory, makes nothing better: the same as of members of a bundle.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import type { VerifiedFile } from '../../../src/lib/evidence/verify-evidence-file.js';
import { runVerification } from '../../../src/lib/parties/verify-request.js';
import type { VerifyFlags } from '../../../src/lib/parties/verify-settings.js';
import { OFFLINE } from '../../support/offline-verification.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { without } from '../../support/verdict-corpus.js';
import { type WholeRun, wholeRun } from '../../support/whole-bundle.js';

const PIECES = ['report', 'certs', 'uvm', 'policy', 'runtime-data'] as const;
type Piece = (typeof PIECES)[number];
const SUBSETS = Array.from({ length: 2 ** PIECES.length }, (_, bits) =>
  PIECES.filter((_piece, place) => (bits >> place) % 2 === 1),
);

describe('leaving out of evidence', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  let run: WholeRun;
  let other: WholeRun;
  let base: VerifyFlags;
  let own: VerifyFlags;

  before(async () => {
    run = await wholeRun('one line');
    other = await wholeRun('another line', 'other-notes');
    writeFileSync(path('anchors.json'), run.room.anchorsText);
    writeFileSync(path('contract.yaml'), run.room.contract.canonical);
    for (const [name, { bundle }] of [
      ['mine', run],
      ['theirs', other],
    ] as const) {
      const { report, certificates, uvm, policy, runtimeData } = bundle;
      const contents = { report, certs: certificates, uvm: uvm!, policy, 'runtime-data': runtimeData };
      for (const piece of PIECES) writeFileSync(path(`${name}.${piece}`), contents[piece]);
    }
    base = { 'allow-emulated': true, 'self-test': false, anchors: path('anchors.json'), scope: 'room' };
    own = { ...base, contract: path('contract.yaml'), 'host-data': sha256Hex(run.room.policy) };
  });

  async function judge(flags: VerifyFlags, pieces: Readonly<Partial<Record<Piece, string>>>) {
    const outcome = await runVerification(undefined, { ...flags, ...pieces }, OFFLINE);
    assert.ok(outcome.kind === 'evidence');
    return outcome.result;
  }

  const worst = ({ checks }: VerifiedFile): ReadonlyMap<string, string> => {
    const rank = ['pass', 'skip', 'fail'];
    const found = new Map<string, string>();
    for (const { id, status } of checks)
      if (rank.indexOf(status) >= rank.indexOf(found.get(id) ?? 'pass')) found.set(id, status);
    return found;
  };

  function requireNoBetter(before: VerifiedFile, after: VerifiedFile, what: string): void {
    const was = worst(before);
    for (const [id, status] of worst(after))
      assert.ok(status !== 'pass' || was.get(id) === 'pass', `${what}: ${id} was ${was.get(id) ?? 'none'}`);
    for (const { id, status } of after.statements)
      if (status === 'proven')
        assert.equal(before.statements.find((one) => one.id === id)?.status, 'proven', `${what}: ${id}`);
    assert.ok(after.verdict !== 'accepted' || before.verdict === 'accepted', `${what}: ${before.verdict}`);
  }

  it('I20: no subset of the pieces named by flags is better than all of them, right or one of another run', async () => {
    let compared = 0;
    for (const swapped of [null, ...PIECES]) {
      const named = Object.fromEntries(
        PIECES.map((piece) => [piece, path(`${piece === swapped ? 'theirs' : 'mine'}.${piece}`)]),
      );
      for (const flags of swapped === null ? [own, base] : [own]) {
        const whole = await judge(flags, named);
        for (const kept of SUBSETS.filter((some) => swapped === null || some.length >= 3)) {
          if (!kept.some((piece) => ['report', 'certs', 'uvm'].includes(piece))) continue;
          const left = Object.fromEntries(kept.map((piece) => [piece, named[piece]]));
          // What was swapped and is gone contradicts nothing any more: see the test of bundles.
          if (swapped !== null && !kept.includes(swapped)) {
            assert.notEqual(
              (await judge(flags, left)).verdict,
              'accepted',
              `${swapped} left out: ${kept.join()}`,
            );
            continue;
          }
          requireNoBetter(whole, await judge(flags, left), `${swapped ?? 'right'}: ${kept.join()}`);
          compared += 1;
        }
      }
    }
    assert.ok(compared > 60, String(compared));
  });

  it('I20: a file less in a directory changes nothing for the others, and a member less makes none better', async () => {
    mkdirSync(path('many'));
    const { bundle } = run;
    const files = {
      '0-whole': bundle,
      '1-uvm': without(bundle, ['uvm']),
      '2-receipts': without(bundle, ['receipts']),
      '3-other': other.bundle,
      '4-consents': without(bundle, ['consents']),
    };
    for (const [name, content] of Object.entries(files))
      writeFileSync(path(`many/${name}.evidence.json`), renderBundle(content));
    const ask = async () => {
      const flags: VerifyFlags = { ...own, require: ['RESULT'] };
      const outcome = await runVerification(path('many'), flags, OFFLINE);
      assert.ok(outcome.kind === 'directory');
      return outcome.result;
    };
    const whole = await ask();
    assert.deepEqual(
      whole.entries.map(({ outcome }) => outcome),
      ['accepted', 'refused', 'unproven', 'refused', 'unproven'],
    );
    for (const name of readdirSync(path('many'))) {
      rmSync(path(`many/${name}`));
      const { entries } = await ask().catch(() => ({ entries: [] }));
      const others = whole.entries.filter((entry) => readdirSync(path('many')).includes(entry.path));
      assert.deepEqual(entries, others);
    }
  });
});
