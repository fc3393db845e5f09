// Every shared token vector: verdict and reasons exactly as stated.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { parseServiceKeys } from '../../../../src/lib/attestation/maa/key-set.js';
import { TOKEN_VECTORS, vectorExpectations, vectorFile } from '../../../support/attestation-vectors.js';
import { judgePieces } from '../../../support/judge.js';

describe('attestation token vectors', () => {
  for (const vector of TOKEN_VECTORS) {
    it(`X4: ${vector.expected_verdict}s ${vector.name}`, async () => {
      const token = new TextDecoder().decode(vectorFile(vector.inputs.token)).trim();
      const { verdict } = await judgePieces(
        { form: 'pieces', parts: {}, token },
        {
          anchors: PINNED_ANCHORS,
          tokenKeys: parseServiceKeys(JSON.parse(new TextDecoder().decode(vectorFile(vector.inputs.jwks)))),
          expectations: vectorExpectations(vector),
          crypto: nodeSignatureCrypto,
        },
      );
      const failed = verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
      assert.deepEqual(failed.toSorted(), vector.expected_reasons.toSorted());
      assert.equal(verdict.verdict, vector.expected_verdict === 'accept' ? 'accepted' : 'refused');
    });
  }
});
