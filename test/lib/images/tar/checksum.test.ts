// The checksum of a tar header: the sum of its bytes, which some writers took as signed.

import assert from 'node:assert/strict';

import { parseTarHeader } from '../../../../src/lib/images/tar/header.js';

/* With two bytes above 0x7f in its name, so that the two sums differ. */
function headerWithSum(sum: (bytes: Uint8Array) => number): Buffer {
  const block = Buffer.alloc(512);
  block.write('usr/share/é', 0, 'utf8');
  block.fill(' ', 148, 156);
  block.write(`${sum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const unsigned = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0);
const signed = (bytes: Uint8Array): number => new Int8Array(bytes).reduce((total, byte) => total + byte, 0);

describe('the checksum of a tar header', () => {
  it('may be the sum of unsigned bytes', () => {
    assert.notEqual(parseTarHeader(headerWithSum(unsigned)), null);
  });

  it('may be the sum of signed bytes', () => {
    assert.notEqual(parseTarHeader(headerWithSum(signed)), null);
  });

  it('may not be off by one', () => {
    assert.equal(parseTarHeader(headerWithSum((bytes) => unsigned(bytes) + 1)), null);
    assert.equal(parseTarHeader(headerWithSum((bytes) => signed(bytes) - 1)), null);
  });
});
