// Signer of UVM endorsements, in the shape of Microsoft's: x5chain of three, did:x509, COSE_Sign1 (attestation 8).

import { constants, createHash, createPrivateKey, sign, webcrypto } from 'node:crypto';

import { encode, Tagged } from 'cborg';

import { toBase64Url } from '../../base/bytes/base64.js';
import { yearsAfter } from '../tls/certificates.js';
import { x509 } from '../x509.js';
import { COSE, SIGNER_YEARS, UVM_EKU, UVM_FEED } from './constants.js';

/** Whoever signs endorsements: a chain of three and its leaf's key. */
export interface UvmSigner {
  /** did:x509 of the root and the leaf's EKU. */
  readonly did: string;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER; used once, when the endorsement is made. */
  readonly privateKey: Uint8Array;
}

const RSA_3072 = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-384',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/* Root, intermediate and leaf as Microsoft's: PKCS#1 v1.5 with SHA-384, the EKU on the leaf. */
export async function makeUvmSigner(now: Date): Promise<UvmSigner> {
  const [root, intermediate, leaf] = await Promise.all([newPair(), newPair(), newPair()]);
  const dates = { notBefore: now, notAfter: yearsAfter(now, SIGNER_YEARS) };
  const authority = (pathLength: number): x509.Extension[] => [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
  const rootName = 'CN=cleanroom emulator UVM root';
  const issuingName = 'CN=cleanroom emulator UVM issuing CA';
  const make = (
    subject: string,
    issuer: string,
    publicKey: webcrypto.CryptoKey,
    signingKey: webcrypto.CryptoKey,
    extensions: x509.Extension[],
  ): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      ...dates,
      subject,
      issuer,
      publicKey,
      signingKey,
      extensions,
      signingAlgorithm: RSA_3072,
    });
  const certificates = [
    await make('CN=cleanroom emulator UVM signer', issuingName, leaf.publicKey, intermediate.privateKey, [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([UVM_EKU]),
    ]),
    await make(issuingName, rootName, intermediate.publicKey, root.privateKey, authority(0)),
    await make(rootName, rootName, root.publicKey, root.privateKey, authority(1)),
  ];
  const chain = certificates.map((certificate) => new Uint8Array(certificate.rawData));
  const fingerprint = createHash('sha256')
    .update(chain[2] ?? new Uint8Array())
    .digest();
  return {
    did: `did:x509:0:sha256:${toBase64Url(fingerprint)}::eku:${UVM_EKU}`,
    chain,
    privateKey: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey)),
  };
}

async function newPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA_3072, true, ['sign', 'verify']);
}

/** A COSE_Sign1 of form A: JSON payload, `iss`, `feed` and `signingtime` in the protected header. */
export function signEndorsement(signer: UvmSigner, payload: Uint8Array, signingTime: number): Uint8Array {
  const [leaf = new Uint8Array()] = signer.chain;
  const thumbprint = Uint8Array.from(createHash('sha256').update(leaf).digest());
  const header = new Map<number | string, unknown>([
    [COSE.alg, COSE.ps384],
    [COSE.contentType, 'application/json'],
    [COSE.x5chain, [...signer.chain]],
    [COSE.x5t, [COSE.sha256, thumbprint]],
    ['iss', signer.did],
    ['feed', UVM_FEED],
    ['signingtime', new Tagged(COSE.timeTag, signingTime)],
  ]);
  const protectedHeader = encode(header);
  const toBeSigned = encode(['Signature1', protectedHeader, new Uint8Array(), payload]);
  const key = createPrivateKey({ key: Buffer.from(signer.privateKey), format: 'der', type: 'pkcs8' });
  const signature = Uint8Array.from(
    sign('sha384', toBeSigned, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  );
  return encode(new Tagged(COSE.signTag, [protectedHeader, new Map(), payload, signature]));
}
