import assert from 'node:assert/strict';

import { appraiseDisclosure, withinLimits } from '../../../src/lib/summary/disclosure.js';

const LIMITS = { maxTokens: 20, maxShareOfSource: 0.5, maxVerbatimTokens: 4, minDocuments: 1 };
const SOURCE =
  'The payroll of Fabrikam for March lists forty two people and their bank accounts in three cities.';

describe('disclosure guard', () => {
  it('passes a summary that keeps every limit, with all four measured values', () => {
    const checks = appraiseDisclosure(LIMITS, [SOURCE], { text: 'A payroll list of Fabrikam', tokens: 7 });
    assert.deepEqual(
      checks.map(({ id, status, actual }) => [id, status, actual]),
      [
        ['SUMMARY_DOCUMENTS', 'pass', '1'],
        ['SUMMARY_TOKENS', 'pass', '7'],
        ['SUMMARY_SHARE', 'pass', '0.2942'],
        ['SUMMARY_VERBATIM', 'pass', '3'],
      ],
    );
    assert.equal(withinLimits(checks), true);
  });
});
