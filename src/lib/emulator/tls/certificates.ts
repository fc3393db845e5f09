// RSA certificates by node-forge: authorities and server leaves (RFC 5280).

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { isIP } from 'node:net';

import forge from 'node-forge';

import { freshKeyPair } from '../../keys/fresh-key.js';
import { KEY_BITS } from './constants.js';

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
  /** RSA, PKCS #8 in PEM; a new one if absent. */
  readonly privateKeyPem?: string;
  readonly profile:
    | { readonly kind: 'authority'; readonly pathLength: number }
    /** Addresses become iPAddress names, everything else dNSName as it is, `host:port` too. */
    | { readonly kind: 'server'; readonly hosts: readonly string[] }
    /** Signs something else than certificates; extended key usages by their OIDs. */
    | { readonly kind: 'signer'; readonly keyUsages?: readonly string[] };
  /** Further extensions that hold a UTF8String, not critical; they may be about the key, which is PEM. */
  readonly textExtensions?: (
    publicKeyPem: string,
  ) => readonly { readonly oid: string; readonly text: string }[];
}

/** Makes a SHA-256 certificate, for a new RSA key if none is given. */
export async function issueCertificate(request: CertificateRequest): Promise<KeyedCertificate> {
  const privateKeyPem = request.privateKeyPem ?? (await newKeyPem());
  const publicKeyPem = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString();
  const subject = [{ name: 'commonName', value: request.commonName }];
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKeyPem);
  certificate.serialNumber = positiveSerial();
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = yearsAfter(request.notBefore, request.years);
  certificate.setSubject(subject);
  const issuerCertificate = request.issuer && forge.pki.certificateFromPem(request.issuer.certificatePem);
  certificate.setIssuer(issuerCertificate?.subject.attributes ?? subject);
  certificate.setExtensions([
    ...extensionsOf(request, certificate, issuerCertificate ?? certificate),
    ...(request.textExtensions?.(publicKeyPem) ?? []).map(textExtension),
  ]);
  signCertificate(certificate, request.issuer?.privateKeyPem ?? privateKeyPem);
  return { privateKeyPem, certificatePem: forge.pki.certificateToPem(certificate) };
}

async function newKeyPem(): Promise<string> {
  const { privateKey } = await freshKeyPair({ type: 'rsa', bits: KEY_BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/* By OpenSSL, which takes a hundredth of the time; node-forge asks the key that it is given for nothing but the signature. */
function signCertificate(certificate: forge.pki.Certificate, privateKeyPem: string): void {
  const signer = {
    sign: (): string => {
      const signed = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), 'latin1');
      return sign('sha256', signed, createPrivateKey(privateKeyPem)).toString('latin1');
    },
  };
  certificate.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
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
  if (profile.kind === 'signer')
    return [
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true },
      ...(profile.keyUsages === undefined
        ? []
        : [{ name: 'extKeyUsage', ...Object.fromEntries(profile.keyUsages.map((oid) => [oid, true])) }]),
      ...keyIds,
    ];
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: profile.hosts.map(alternativeName) },
    ...keyIds,
  ];
}

function textExtension({ oid, text }: { readonly oid: string; readonly text: string }): object {
  const { Class, Type, create, toDer } = forge.asn1;
  const value = create(Class.UNIVERSAL, Type.UTF8, false, forge.util.encodeUtf8(text));
  return { id: oid, critical: false, value: toDer(value).getBytes() };
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
