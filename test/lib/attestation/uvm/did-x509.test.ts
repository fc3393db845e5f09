// The official vectors of did:x509 (microsoft/did-x509): documents exactly, and refusals.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { webSignatureCrypto } from '../../../../src/lib/attestation/crypto/web-crypto.js';
import { parseDidX509, resolveDidX509 } from '../../../../src/lib/attestation/uvm/did-x509.js';
import { parseCertificate } from '../../../../src/lib/attestation/x509/certificate.js';
import { VECTORS } from '../../../support/attestation-vectors.js';

interface DidVector {
  readonly id: string;
  readonly input: { readonly did: string; readonly chain: readonly string[] };
  readonly output: { readonly document?: unknown; readonly error?: string };
}

const DID_VECTORS = JSON.parse(
  readFileSync(join(VECTORS, 'did-x509/test-vectors.json'), 'utf8'),
) as readonly DidVector[];

describe('did:x509', () => {
  for (const { id, input, output } of DID_VECTORS) {
    it(`agrees with the official vector ${id}`, async () => {
      const chain = input.chain.map((der) => parseCertificate(Buffer.from(der, 'base64url')));
      for (const crypto of [nodeSignatureCrypto, webSignatureCrypto]) {
        const resolution = await resolveDidX509(input.did, chain, crypto);
        if (output.document === undefined) assert.equal(resolution.resolved, false, output.error);
        else assert.deepEqual(resolution, { resolved: true, document: output.document });
      }
    });
  }

  it('has all 58 official vectors', () => {
    assert.equal(DID_VECTORS.length, 58);
  });

  it('does not take a method of Object for an attribute name', () => {
    const fingerprint = 'A'.repeat(43);
    assert.equal(
      parseDidX509(`did:x509:0:sha256:${fingerprint}::subject:toString:x`),
      'a subject predicate with an unknown key',
    );
  });
});
