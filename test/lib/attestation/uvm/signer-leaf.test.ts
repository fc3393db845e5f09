// The certificate that signs a UVM endorsement: it may sign, and it is the one whose thumbprint the header states.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

import { PINNED_ANCHORS } from '../../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../../src/lib/attestation/expectations.js';
import { judgeRaw } from '../../../support/judge.js';
import { UVM_FEED } from '../../../../src/lib/emulator/uvm/constants.js';
import { x509 } from '../../../../src/lib/emulator/x509.js';
import { type EndorsementSigner, makeEndorsementSigner } from '../../../support/uvm-chain.js';

const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags;

/** The checks that fail for an endorsement by `signer`, who is the one that is trusted. */
async function failures({ did }: EndorsementSigner, uvm: Uint8Array): Promise<readonly string[]> {
  const { verdict } = await judgeRaw({
    uvm,
    anchors: PINNED_ANCHORS,
    expectations: { ...defaultExpectations(new Date('2026-07-01')), uvm: { did, feed: UVM_FEED } },
    crypto: nodeSignatureCrypto,
  });
  return verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

describe('the certificate that signs a UVM endorsement', () => {
  const signerWith = (usages: x509.KeyUsageFlags | null): Promise<EndorsementSigner> =>
    makeEndorsementSigner(webcrypto.subtle, usages);

  it('may sign, and is the one that x5t names', async () => {
    const signer = await signerWith(digitalSignature);
    assert.deepEqual(await failures(signer, await signer.sign(signer.leaf)), []);
  });

  it('needs no x5t', async () => {
    const signer = await signerWith(digitalSignature);
    assert.deepEqual(await failures(signer, await signer.sign(null)), []);
  });

  it('may say nothing of its usage (RFC 5280 §4.2.1.3)', async () => {
    const signer = await signerWith(null);
    assert.deepEqual(await failures(signer, await signer.sign(signer.leaf)), []);
  });

  for (const [name, usages] of [
    ['keyEncipherment', keyEncipherment],
    ['keyCertSign', keyCertSign],
  ] as const) {
    it(`fails UVM_CHAIN where its usage is ${name} without digitalSignature`, async () => {
      const signer = await signerWith(usages);
      assert.deepEqual(await failures(signer, await signer.sign(signer.leaf)), ['UVM_CHAIN']);
    });
  }

  it('fails UVM_CHAIN where x5t names the leaf of another chain', async () => {
    const [signer, other] = [await signerWith(digitalSignature), await signerWith(digitalSignature)];
    assert.deepEqual(await failures(signer, await signer.sign(other.leaf)), ['UVM_CHAIN']);
  });
});
