// AMD's certificate profile with keys of our own: ARK, ASK (RSA-4096, RSASSA-PSS) and VCEK (P-384). AMD 57230.

import { webcrypto } from 'node:crypto';

import { VCEK_EXTENSION } from '../../attestation/snp/vcek.js';
import { HARDWARE_ID_BYTES } from '../../attestation/snp/product.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { yearsAfter } from '../tls/certificates.js';
import { x509 } from '../x509.js';
import { ORGANISATION, ROOT_YEARS, VCEK_YEARS, type ProcessorModel } from './constants.js';

const AMD_PSS = { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 };
const RSA_4096 = {
  name: 'RSA-PSS',
  hash: 'SHA-384',
  modulusLength: 4096,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const P384 = { name: 'ECDSA', namedCurve: 'P-384' };

/** PEM certificates, and the one private key that signs reports. */
export interface AmdCertificates {
  readonly ark: string;
  readonly ask: string;
  readonly vcek: string;
  /** PKCS#8 PEM. */
  readonly vcekPrivateKey: string;
}

/** Makes a hierarchy for one chip; the keys of ARK and ASK are thrown away. Takes a few seconds. */
export async function makeAmdCertificates(
  model: ProcessorModel,
  chipId: Uint8Array,
  now: Date,
): Promise<AmdCertificates> {
  const [arkKeys, askKeys, vcekKeys] = await Promise.all([
    generatePair(RSA_4096),
    generatePair(RSA_4096),
    generatePair(P384),
  ]);
  const arkName = amdName(`ARK-${model.product}`);
  const askName = amdName(`SEV-${model.product}`);
  const root = { notBefore: now, notAfter: yearsAfter(now, ROOT_YEARS), signingKey: arkKeys.privateKey };
  const ark = await makeCertificate({
    ...root,
    serialNumber: model.askSerial.replace(/.$/, '0'),
    subject: arkName,
    issuer: arkName,
    publicKey: arkKeys.publicKey,
    extensions: authorityExtensions(undefined),
  });
  const ask = await makeCertificate({
    ...root,
    serialNumber: model.askSerial,
    subject: askName,
    issuer: arkName,
    publicKey: askKeys.publicKey,
    extensions: authorityExtensions(0),
  });
  const vcek = await makeCertificate({
    // AMD's serial is 0; the generator takes that for "none given" and draws a random one.
    serialNumber: '01',
    subject: amdName('SEV-VCEK'),
    issuer: askName,
    notBefore: now,
    notAfter: yearsAfter(now, VCEK_YEARS),
    publicKey: vcekKeys.publicKey,
    signingKey: askKeys.privateKey,
    extensions: vcekExtensions(model, chipId),
  });
  return {
    ark: pem(ark),
    ask: pem(ask),
    vcek: pem(vcek),
    vcekPrivateKey: await privateKeyPem(vcekKeys.privateKey),
  };
}

type CertificateFields = Omit<x509.X509CertificateCreateParams, 'signingAlgorithm'> & {
  readonly signingKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
};

function makeCertificate(fields: CertificateFields): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({ ...fields, signingAlgorithm: AMD_PSS });
}

function authorityExtensions(pathLength: number | undefined): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ];
}

/* Eleven on Milan and Genoa; Turin has no .3.4 and has the FMC's. None is critical. */
function vcekExtensions(model: ProcessorModel, chipId: Uint8Array): x509.Extension[] {
  const arc = VCEK_EXTENSION.productName.replace(/\.2$/, '');
  const { tcb, product } = model;
  const reserved = product === 'Turin' ? [5, 6, 7] : [4, 5, 6, 7];
  const values: [string, Uint8Array][] = [
    [`${arc}.1`, derInteger(model.certificateVersion)],
    [VCEK_EXTENSION.productName, derIa5String(model.certificateName)],
    [VCEK_EXTENSION.bootloader, derInteger(tcb.bootloader)],
    [VCEK_EXTENSION.tee, derInteger(tcb.tee)],
    ...reserved.map((index): [string, Uint8Array] => [`${arc}.3.${index}`, derInteger(0)]),
    [VCEK_EXTENSION.snp, derInteger(tcb.snp)],
    [VCEK_EXTENSION.microcode, derInteger(tcb.microcode)],
    ...(tcb.fmc === undefined ? [] : [[VCEK_EXTENSION.fmc, derInteger(tcb.fmc)] as [string, Uint8Array]]),
    [VCEK_EXTENSION.hardwareId, chipId.slice(0, HARDWARE_ID_BYTES[product])],
  ];
  return values.map(([oid, value]) => new x509.Extension(oid, false, Uint8Array.from(value)));
}

/* One byte, with a leading zero where its top bit is set. */
function derInteger(value: number): Uint8Array {
  return new Uint8Array(value < 0x80 ? [0x02, 1, value] : [0x02, 2, 0, value]);
}

function derIa5String(text: string): Uint8Array {
  return new Uint8Array([0x16, text.length, ...utf8(text)]);
}

function amdName(commonName: string): string {
  return `OU=Engineering, C=US, L=Santa Clara, ST=CA, O=${ORGANISATION}, CN=${commonName}`;
}

async function generatePair(algorithm: typeof RSA_4096 | typeof P384): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`;
}

/* Each ends in a newline: the sidecar joins them as text. */
function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}
