// Whoever signs policy fragments: a key and its certificates.

import { webcrypto } from 'node:crypto';

import { parseCertificate } from '../../src/lib/attestation/x509/certificate.js';
import { x509 } from '../../src/lib/emulator/x509.js';
import type { FragmentSigning } from '../../src/lib/parties/sign-fragment.js';

export interface FragmentSigner {
  readonly chain: FragmentSigning['chain'];
  readonly chainPem: string;
  readonly keyPem: string;
}

/** A signer of fragments with a chain of two certificates, of a root of its own. */
export async function makeFragmentSigner(
  namedCurve = 'P-384',
  name = 'Contoso signer (1)',
): Promise<FragmentSigner> {
  const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-384' };
  const pair = (): Promise<webcrypto.CryptoKeyPair> =>
    webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [root, leaf] = await Promise.all([pair(), pair()]);
  const dates = {
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2027-01-01'),
    signingAlgorithm: algorithm,
  };
  const certificates = [
    await x509.X509CertificateGenerator.create({
      ...dates,
      subject: `CN=${name}`,
      issuer: 'CN=Contoso root',
      publicKey: leaf.publicKey,
      signingKey: root.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
    }),
    await x509.X509CertificateGenerator.create({
      ...dates,
      subject: 'CN=Contoso root',
      issuer: 'CN=Contoso root',
      publicKey: root.publicKey,
      signingKey: root.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    }),
  ];
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey));
  return {
    chain: certificates.map((certificate) => parseCertificate(new Uint8Array(certificate.rawData))),
    chainPem: certificates.map((certificate) => certificate.toString('pem')).join('\n'),
    keyPem: `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
