import assert from 'node:assert/strict';

import { closestName, didYouMean } from '../../../src/lib/base/closest-name.js';

const KNOWN = ['HOST_DATA', 'REPORT_DATA', 'HARDWARE', 'CONTRACT', 'CRL'];

describe('the known name closest to a misspelt one', () => {
  it('is the one with the fewest changed characters, whatever its case', () => {
    for (const [name, expected] of [
      ['HOSTDATA', 'HOST_DATA'],
      ['report_data', 'REPORT_DATA'],
      ['HARDWRAE', 'HARDWARE'],
      ['CONTRACTS', 'CONTRACT'],
      ['CRLS', 'CRL'],
    ] as const)
      assert.equal(closestName(name, KNOWN), expected);
  });

  it('is none where all are far', () => {
    for (const name of ['', 'WEATHER', 'X'.repeat(1000)]) assert.equal(closestName(name, KNOWN), null);
    assert.equal(didYouMean('WEATHER', KNOWN), '');
    assert.equal(didYouMean('HOSTDATA', KNOWN), ' Did you mean HOST_DATA?');
  });
});
