// A signer of UVM endorsements with the chain, key usages and thumbprint that a test chooses; throw-away P-384 keys.

import { createHash, type webcrypto } from 'node:crypto';

import { encode, Tagged } from 'cborg';

import { UVM_EKU, UVM_FEED } from '../../src/lib/emulator/uvm/constants.js';
import { x509 } from '../../src/lib/emulator/x509.js';

const EC = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
const [ALG, CONTENT_TYPE, X5CHAIN, X5T, ES384, SHA256] = [1, 3, 33, 34, -35, -16];
const LABELS = ['Signature1'] as const;
const GOOD_PAYLOAD = JSON.stringify({
  'x-ms-sevsnpvm-guestsvn': '104',
  'x-ms-sevsnpvm-launchmeasurement': 'ab'.repeat(48),
});

export interface EndorsementSigner {
  /** did:x509 of root and EKU. */
  readonly did: string;
  /** DER of the certificate that signs. */
  readonly leaf: Uint8Array;
  /** A COSE_Sign1 over `payload`, or over a good one; x5t is that of `thumbprintOf`, or of none. */
  sign(thumbprintOf: Uint8Array | null, payload?: string, signedAt?: Date): Promise<Uint8Array>;
}

/** @param leafUsages - null: the leaf has no key usage extension. */
export async function makeEndorsementSigner(
  crypto: webcrypto.SubtleCrypto,
  leafUsages: x509.KeyUsageFlags | null,
): Promise<EndorsementSigner> {
  const pair = () => crypto.generateKey(EC, true, ['sign', 'verify']);
  const [root, leaf] = [await pair(), await pair()];
  const make = (
    subject: string,
    publicKey: webcrypto.CryptoKey,
    extensions: x509.Extension[],
  ): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      subject,
      issuer: 'CN=root',
      notBefore: new Date('2026-01-01'),
      notAfter: new Date('2045-01-01'),
      publicKey,
      signingKey: root.privateKey,
      signingAlgorithm: EC,
      extensions,
    });
  const leafCertificate = await make('CN=signer', leaf.publicKey, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...(leafUsages === null ? [] : [new x509.KeyUsagesExtension(leafUsages, true)]),
    new x509.ExtendedKeyUsageExtension([UVM_EKU]),
  ]);
  const rootCertificate = await make('CN=root', root.publicKey, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ]);
  const chain = [leafCertificate, rootCertificate].map(({ rawData }) => new Uint8Array(rawData));
  const [leafDer, rootDer] = chain as [Uint8Array, Uint8Array];
  const did = `did:x509:0:sha256:${createHash('sha256').update(rootDer).digest('base64url')}::eku:${UVM_EKU}`;
  return {
    did,
    leaf: leafDer,
    sign: async (thumbprintOf, text = GOOD_PAYLOAD, signedAt = new Date('2026-06-01')) => {
      const header = encode(
        new Map<number | string, unknown>([
          [ALG, ES384],
          [CONTENT_TYPE, 'application/json'],
          [X5CHAIN, chain],
          ...(thumbprintOf === null ? [] : [[X5T, [SHA256, sha256(thumbprintOf)]] as const]),
          ['iss', did],
          ['feed', UVM_FEED],
          ['signingtime', new Tagged(1, signedAt.getTime() / 1000)],
        ]),
      );
      const payload = new TextEncoder().encode(text);
      const signed = encode([...LABELS, header, new Uint8Array(), payload]);
      const signature = new Uint8Array(await crypto.sign(EC, leaf.privateKey, signed));
      return encode(new Tagged(18, [header, new Map(), payload, signature]));
    },
  };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
