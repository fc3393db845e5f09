// Every shared token vector: verdict and reasons exactly as stated.

import assert from 'node:assert/strict';

import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { parseServiceKeys } from '../../../../src/lib/attestation/maa/key-set.js';
import { verifyAttestationToken } from '../../../../src/lib/attestation/maa/verify-attestation-token.js';
import { TOKEN_VECTORS, vectorExpectations, vectorFile } from '../../../support/attestation-vectors.js';

describe('attestation token vectors', () => {
  for (const vector of TOKEN_VECTORS) {
    it(`X4: ${vector.expected_verdict}s ${vector.name}`, async () => {
      const { at, tokenIssuers, ...expectations } = vectorExpectations(vector);
      const { verdict } = await verifyAttestationToken({
        token: new TextDecoder().decode(vectorFile(vector.inputs.token)).trim(),
        keys: parseServiceKeys(JSON.parse(new TextDecoder().decode(vectorFile(vector.inputs.jwks)))),
        issuers: tokenIssuers,
        at,
        crypto: nodeSignatureCrypto,
        expectations,
        trust: 'service',
      });
      const failed = verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
      assert.deepEqual(failed.toSorted(), vector.expected_reasons.toSorted());
      assert.equal(verdict.verdict, vector.expected_verdict === 'accept' ? 'accepted' : 'refused');
    });
  }
});
