// A blob that could open to two texts, for two recipients, is none for a room.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { requireCommitment } from '../../../src/lib/room/require-commitment.js';
import { headerSize, parseHeader, type SealedHeader } from '../../../src/lib/sealed-blob/format/header.js';

function headerOf(name: string): SealedHeader {
  const blob = readFileSync(`test/vectors/sealed/${name}.sealed`);
  return parseHeader(blob.subarray(0, headerSize(blob)));
}

describe('a room and the commitment of a sealed blob', () => {
  it('refuses a blob of an earlier version, which commits to no data key', () => {
    assert.throws(() => requireCommitment('notes', headerOf('small')), { code: 'DATASET_REFUSED' });
  });

  it('takes one that commits', () => {
    requireCommitment('notes', headerOf('small-committed'));
  });
});
