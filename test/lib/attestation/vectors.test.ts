// Every shared evidence vector: verdict and reasons exactly as stated, with both implementations of the crypto port.

import assert from 'node:assert/strict';

import { CHECKS } from '../../../src/lib/attestation/check-ids.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { webSignatureCrypto } from '../../../src/lib/attestation/crypto/web-crypto.js';
import { judgeRaw } from '../../support/judge.js';
import {
  EVIDENCE_VECTORS,
  REASON_CODES,
  vectorAnchors,
  vectorExpectations,
  vectorParts,
} from '../../support/attestation-vectors.js';

describe('attestation vectors', () => {
  for (const [platform, crypto] of [
    ['node:crypto', nodeSignatureCrypto],
    ['WebCrypto', webSignatureCrypto],
  ] as const) {
    for (const vector of EVIDENCE_VECTORS) {
      it(`${vector.expected_verdict}s ${vector.name} with ${platform}`, async () => {
        const { verdict } = await judgeRaw({
          ...vectorParts(vector),
          anchors: vectorAnchors(vector),
          expectations: vectorExpectations(vector),
          crypto,
        });
        const failed = verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
        // The vectors ask one floor of the reported firmware; here it holds at launch too.
        const reasons = failed.filter((id) => id !== 'LAUNCH_TCB');
        assert.deepEqual(reasons.toSorted(), vector.expected_reasons.toSorted());
        assert.equal(verdict.verdict, vector.expected_verdict === 'accept' ? 'accepted' : 'refused');
      });
    }
  }

  it('has a check for every reason code of the vectors', () => {
    assert.deepEqual(
      Object.keys(REASON_CODES).filter((code) => !Object.hasOwn(CHECKS, code)),
      [],
    );
  });
});
