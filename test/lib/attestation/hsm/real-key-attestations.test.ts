// Attestations of keys by real HSMs of Marvell's.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PINNED_ANCHORS } from '../../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { ATTRIBUTE, attributeName } from '../../../../src/lib/attestation/hsm/attributes.js';
import { attestedThumbprint, keyIdentifier } from '../../../../src/lib/attestation/hsm/attested-key.js';
import {
  type AttestedKeyRequest,
  checkKeyAttestation,
} from '../../../../src/lib/attestation/hsm/check-key-attestation.js';
import { parseSignedAttributes } from '../../../../src/lib/attestation/hsm/signed-attributes.js';

const url = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64url');

interface RealSample {
  readonly certificatePemFile: string;
  readonly ownerRoot: string;
  readonly ec: string;
  readonly rsa: string;
}

const REAL = JSON.parse(
  readFileSync(new URL('../../../vectors/key-attestation/google-cloud-hsm.json', import.meta.url), 'utf8'),
) as RealSample;

const AT = new Date('2026-11-30T00:00:00Z');

describe('attestations by real HSMs of Marvell’s', () => {
  const real = (blob: string, pem = REAL.certificatePemFile + REAL.ownerRoot): AttestedKeyRequest => ({
    key: 'https://hsm.example/keys/a/b',
    thumbprint: null,
    at: AT,
    attestation: {
      version: 'MRVL-1',
      certificatePemFile: url(pem),
      privateKeyAttestation: url(Buffer.from(blob, 'base64')),
    },
  });

  it('are read: kind, origin and public half of a key', () => {
    const { attributes } = parseSignedAttributes(Buffer.from(REAL.rsa, 'base64'));
    assert.deepEqual(attributes.get(ATTRIBUTE.class), Uint8Array.of(3));
    assert.deepEqual(attributes.get(ATTRIBUTE.local), Uint8Array.of(0));
    assert.equal(attributes.size, 37);
    const ec = parseSignedAttributes(Buffer.from(REAL.ec, 'base64'));
    assert.equal(attestedThumbprint(ec)?.length, 43);
    assert.equal(keyIdentifier(ec)?.length, 128);
    assert.equal(attributeName(0x1003), '0x1003');
  });

  it('lead to the pinned root of their maker, over a card certificate of X.509 version 1', async () => {
    const { findings } = await checkKeyAttestation(real(REAL.ec), PINNED_ANCHORS.hsm, nodeSignatureCrypto);
    assert.equal(findings.KEY_ATTESTATION.status, 'pass');
    assert.deepEqual(findings.KEY_ATTESTATION_MAKER, {
      status: 'pass',
      text: 'localca.liquidsecurity.cavium.com',
    });
    // Google's HSM, and no root of an operator is pinned.
    assert.equal(findings.KEY_ATTESTATION_OPERATOR.status, 'skip');
    assert.match(findings.KEY_ATTESTATION_OPERATOR.text, /Hawksbill/);
    assert.equal(findings.KEY_ATTESTATION_KEY.status, 'fail');
  });

  it('are refused without the card’s certificate, without an operator, out of their time and under another key', async () => {
    const pems = REAL.certificatePemFile.split(/(?<=-----END CERTIFICATE-----)/);
    const without = (index: number): string => pems.filter((_, i) => i !== index).join('');
    const of = async (request: AttestedKeyRequest) =>
      (await checkKeyAttestation(request, PINNED_ANCHORS.hsm, nodeSignatureCrypto)).findings;
    assert.equal((await of(real(REAL.ec, without(1)))).KEY_ATTESTATION_MAKER.status, 'fail');
    assert.equal((await of(real(REAL.ec, REAL.certificatePemFile))).KEY_ATTESTATION_OPERATOR.status, 'fail');
    const late = await of({ ...real(REAL.ec), at: new Date('2031-01-01') });
    assert.match(late.KEY_ATTESTATION_MAKER.text, /was valid until 2030-06-03/);
    assert.match(late.KEY_ATTESTATION_OPERATOR.text, /was valid until 2030-01-01/);
    // Another HSM's key signed this one; its certificates did not come along.
    assert.equal((await of(real(REAL.rsa))).KEY_ATTESTATION.status, 'fail');
  });

  it('have pinned roots that sign themselves, and are the two that Marvell publishes', () => {
    const digests = PINNED_ANCHORS.hsm.makers.map(({ publicKey }) =>
      createHash('sha256').update(publicKey.spki).digest('hex'),
    );
    assert.deepEqual(digests, [
      '78adcba1f38bee304bc44d6a086503f2940037d4b3d58a1bf66a3282ef58cd41',
      'f84b0610f2ca68f1f936c12c37a22794b59a2afa54f55f8d3c977232c5b97d7c',
    ]);
    for (const { raw } of PINNED_ANCHORS.hsm.makers) {
      const root = new X509Certificate(raw);
      assert.ok(root.verify(root.publicKey));
    }
    assert.deepEqual(PINNED_ANCHORS.hsm.operators, []);
  });
});
