// Tars that no writer makes, as hcsshim 0.15.0 answers them: a root hash, or that there is none.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { computeLayerRootHash } from '../../../../src/lib/images/layer/root-hash.js';
import { oddTar } from '../../../peers/odd-tars.js';
import { seeded } from '../../../support/seeded.js';

describe('odd tars', function () {
  this.timeout(60_000);

  it('have the root hashes of the reference, and are refused where it refuses them', async () => {
    const recorded = JSON.parse(readFileSync('test/vectors/odd-tars/answers.json', 'utf8')) as {
      readonly seed: number;
      readonly answers: readonly string[];
    };
    const random = seeded(recorded.seed);
    const ours: string[] = [];
    while (ours.length < recorded.answers.length) ours.push(await answerTo(oddTar(random)));
    assert.deepEqual(ours, recorded.answers);
    assert.ok(ours.filter((answer) => answer !== 'refused').length > 100);
  });
});

async function answerTo(tar: Buffer): Promise<string> {
  try {
    return (await computeLayerRootHash(piece(tar))).rootHash;
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.exitCode === 3) return 'refused';
    throw cause;
  }
}

async function* piece(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield bytes;
}
