// A certificate authority and a server certificate, as a vault behind a public TLS certificate has them.

import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';

import forge from 'node-forge';

export interface VaultCertificates {
  /** PEM. */
  readonly root: string;
  /** DER in base64, leaf first, as in `x5c`. */
  readonly chain: readonly string[];
  readonly key: KeyObject;
}

export interface VaultCertificateOptions {
  /** DNS names, also such with a port. */
  readonly names: readonly string[];
  readonly serverAuth?: boolean;
  readonly notAfter?: Date;
}

const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');
const NOT_AFTER = new Date('2036-01-01T00:00:00Z');

/** A fresh root and a leaf with those DNS names. */
export function makeVaultCertificates(options: VaultCertificateOptions): VaultCertificates {
  const rootKeys = rsaPair();
  const leafKeys = rsaPair();
  const rootName = [{ name: 'commonName', value: 'Test root' }];
  const root = certificate(rootKeys.publicKey, rootName, NOT_AFTER);
  root.setIssuer(rootName);
  root.setExtensions([{ name: 'basicConstraints', cA: true, critical: true }]);
  root.sign(rootKeys.privateKey, forge.md.sha256.create());
  const leaf = certificate(leafKeys.publicKey, [{ name: 'commonName', value: 'vault' }], options.notAfter);
  leaf.setIssuer(rootName);
  leaf.setExtensions([
    { name: 'subjectAltName', altNames: options.names.map((value) => ({ type: 2, value })) },
    { name: 'extKeyUsage', ...(options.serverAuth === false ? { clientAuth: true } : { serverAuth: true }) },
  ]);
  leaf.sign(rootKeys.privateKey, forge.md.sha256.create());
  const pems = [leaf, root].map((made) => forge.pki.certificateToPem(made));
  return {
    root: pems[1]!,
    chain: pems.map((pem) => new X509Certificate(pem).raw.toString('base64')),
    key: createPrivateKey(forge.pki.privateKeyToPem(leafKeys.privateKey)),
  };
}

function certificate(
  publicKey: forge.pki.PublicKey,
  subject: forge.pki.CertificateField[],
  notAfter = NOT_AFTER,
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = publicKey;
  made.serialNumber = '01';
  made.validity.notBefore = NOT_BEFORE;
  made.validity.notAfter = notAfter;
  made.setSubject(subject);
  return made;
}

function rsaPair(): { publicKey: forge.pki.PublicKey; privateKey: forge.pki.rsa.PrivateKey } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const made = forge.pki.privateKeyFromPem(privateKey.export({ format: 'pem', type: 'pkcs1' }).toString());
  return { privateKey: made, publicKey: forge.pki.setRsaPublicKey(made.n, made.e) };
}
