// RSA certificates by node-forge: authorities and server leaves (RFC 5280).

import { generateKeyPair } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

import forge from 'node-forge';

import { KEY_BITS } from './constants.js';

const generate = promisify(generateKeyPair);

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly years: number;
  /** Null: self-signed. */
  readonly issuer: KeyedCertificate | null;
  readonly profile:
    | { readonly kind: 'authority'; readonly pathLength: number }
    /** Addresses become iPAddress names, everything else dNSName as it is, `host:port` too. */
    | { readonly kind: 'server'; readonly hosts: readonly string[] };
}

/** Makes an RSA key and a SHA-256 certificate for it. */
export async function issueCertificate(request: CertificateRequest): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const subject = [{ name: 'commonName', value: request.commonName }];
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = positiveSerial();
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = yearsAfter(request.notBefore, request.years);
  certificate.setSubject(subject);
  const issuerCertificate = request.issuer && forge.pki.certificateFromPem(request.issuer.certificatePem);
  certificate.setIssuer(issuerCertificate?.subject.attributes ?? subject);
  certificate.setExtensions(extensionsOf(request, certificate, issuerCertificate ?? certificate));
  certificate.sign(
    forge.pki.privateKeyFromPem(request.issuer?.privateKeyPem ?? privateKey),
    forge.md.sha256.create(),
  );
  return { privateKeyPem: privateKey, certificatePem: forge.pki.certificateToPem(certificate) };
}

function extensionsOf(
  { profile }: CertificateRequest,
  certificate: forge.pki.Certificate,
  issuer: forge.pki.Certificate,
): object[] {
  const keyIds = [
    { name: 'subjectKeyIdentifier' },
    {
      name: 'authorityKeyIdentifier',
      keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes(),
    },
  ];
  if (profile.kind === 'authority') {
    return [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: profile.pathLength },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      ...(issuer === certificate ? keyIds.slice(0, 1) : keyIds),
    ];
  }
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: profile.hosts.map(alternativeName) },
    ...keyIds,
  ];
}

function alternativeName(host: string): object {
  return isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
}

function positiveSerial(): string {
  return `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`;
}

/** The same calendar moment `years` later. */
export function yearsAfter(from: Date, years: number): Date {
  const until = new Date(from);
  until.setUTCFullYear(until.getUTCFullYear() + years);
  return until;
}
