// Signs a policy fragment as guests take it: COSE_Sign1 with the chain, issuer and feed in the protected header.

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

import { encode, Tagged } from 'cborg';

import { utf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import { CleanroomError } from '../base/errors.js';
import { nodeSignatureCrypto } from '../attestation/crypto/node-crypto.js';
import { LABEL } from '../attestation/uvm/cose-sign1.js';
import { didProblem } from '../attestation/uvm/did-x509.js';
import type { Certificate } from '../attestation/x509/certificate.js';
import { commonName } from '../attestation/x509/names.js';
import { pathProblem } from '../attestation/x509/path.js';
import { CLAIM, FRAGMENT_CONTENT_TYPE } from '../evidence/policy-fragment/verify-fragment.js';

const TAG_COSE_SIGN1 = 18;
/* RFC 9053 §2.1: each curve with its algorithm. */
const ALGORITHMS = {
  prime256v1: { label: -7, hash: 'sha256' },
  secp384r1: { label: -35, hash: 'sha384' },
  secp521r1: { label: -36, hash: 'sha512' },
} as const;

export interface FragmentSigning {
  readonly text: string;
  /** Leaf first, root last. */
  readonly chain: readonly Certificate[];
  /** PEM of the leaf's private key. */
  readonly privateKeyPem: string;
  /** did:x509 of the signer; made of the root and the leaf's common name if null. */
  readonly issuer: string | null;
  readonly feed: string;
  /** SVN for the header, where issuer and feed go into claims (newer guests); null writes the older form. */
  readonly headerSvn: number | null;
}

export interface FragmentSignature {
  readonly bytes: Uint8Array;
  readonly issuer: string;
}

/**
 * Signs with ES384, or what the leaf's curve demands.
 *
 * @throws CleanroomError FRAGMENT_KEY_INVALID for a key that is not the leaf's or no EC key of such a curve, a chain that does not
 *   hold or is one certificate only, and an issuer that the chain does not resolve.
 */
export async function signFragment(request: FragmentSigning): Promise<FragmentSignature> {
  const { chain } = request;
  const key = readKey(request.privateKeyPem);
  const algorithm = algorithmOf(key);
  const [leaf] = chain;
  if (leaf === undefined || chain.length < 2)
    throw invalid('the chain has no authority above the leaf: did:x509 names one');
  if (
    !Buffer.from(leaf.publicKey.spki).equals(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  ) {
    throw invalid('the private key is not that of the chain’s first certificate');
  }
  const issuer = request.issuer ?? issuerOf(chain);
  const problem =
    (await pathProblem(chain, nodeSignatureCrypto)) ?? (await didProblem(issuer, chain, nodeSignatureCrypto));
  if (problem !== null) throw invalid(`guests would refuse it: ${problem}`);
  const protectedBytes = encode(protectedHeader(request, issuer, algorithm.label));
  const payload = utf8(request.text);
  const toBeSigned = encode(['Signature1', protectedBytes, new Uint8Array(), payload]);
  const signature = Uint8Array.from(sign(algorithm.hash, toBeSigned, { key, dsaEncoding: 'ieee-p1363' }));
  return {
    bytes: encode(new Tagged(TAG_COSE_SIGN1, [protectedBytes, new Map(), payload, signature])),
    issuer,
  };
}

function protectedHeader(
  { chain, feed, headerSvn }: FragmentSigning,
  issuer: string,
  algorithm: number,
): ReadonlyMap<number | string, unknown> {
  const common: readonly (readonly [number | string, unknown])[] = [
    [LABEL.alg, algorithm],
    [LABEL.contentType, FRAGMENT_CONTENT_TYPE],
    [LABEL.x5chain, chain.map(({ raw }) => raw)],
  ];
  if (headerSvn === null) return new Map([...common, ['iss', issuer], ['feed', feed]]);
  const claims = new Map<number | string, unknown>([
    [CLAIM.issuer, issuer],
    [CLAIM.subject, feed],
    [CLAIM.svn, headerSvn],
  ]);
  return new Map([...common, [LABEL.cwtClaims, claims]]);
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CleanroomError('FRAGMENT_KEY_INVALID', 'the file is no private key in PEM', { cause });
  }
}

function algorithmOf(key: KeyObject): (typeof ALGORITHMS)[keyof typeof ALGORITHMS] {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  if (!Object.hasOwn(ALGORITHMS, curve)) throw invalid('the key is no EC key on P-256, P-384 or P-521');
  return ALGORITHMS[curve as keyof typeof ALGORITHMS];
}

/* The root by its digest, and the leaf by its common name. */
function issuerOf(chain: readonly Certificate[]): string {
  const root = chain.at(-1);
  const [leaf] = chain;
  const name = leaf === undefined ? undefined : commonName(leaf.subject);
  if (root === undefined || name === undefined) throw invalid('the leaf has no common name: give --issuer');
  const fingerprint = toBase64Url(Uint8Array.from(createHash('sha256').update(root.raw).digest()));
  return `did:x509:0:sha256:${fingerprint}::subject:CN:${percentEncoded(name)}`;
}

/* Only letters, digits, dot, underscore and hyphen stand for themselves in a did:x509. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function invalid(reason: string): CleanroomError {
  return new CleanroomError('FRAGMENT_KEY_INVALID', reason);
}
