// A signed policy fragment: COSE_Sign1 over Rego, by whom a did:x509 names. Read, then verified, then held against what the
// verifier expects (hcsshim, internal/guest and Microsoft/cosesign1go; draft SCITT for claims in the header).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import type { Check } from '../../base/verdict/check.js';
import { CheckList } from '../../base/verdict/check.js';
import { parseFragment, type PolicyFragment } from '../../cce-policy/read/fragment-model.js';
import { ShapeError } from '../../cce-policy/read/policy-shape.js';
import { RegoFormError } from '../../cce-policy/read/rego-reader.js';
import type { SignatureCrypto } from '../../attestation/crypto/signature-crypto.js';
import { DerError } from '../../attestation/der/reader.js';
import { CborError } from '../../attestation/uvm/cbor.js';
import {
  coseScheme,
  type CoseSign1,
  LABEL,
  parseCoseSign1,
  verifyCoseSign1,
} from '../../attestation/uvm/cose-sign1.js';
import { didProblem } from '../../attestation/uvm/did-x509.js';
import { type Certificate, parseCertificate } from '../../attestation/x509/certificate.js';
import { KEY_USAGE, keyUsage } from '../../attestation/x509/extensions.js';
import { outsideValidity, pathProblem } from '../../attestation/x509/path.js';

/** Names of claims in the header (RFC 9597, RFC 8392; `svn` is Microsoft's). */
export const CLAIM = { issuer: 1, subject: 2, svn: 'svn' } as const;
export const FRAGMENT_CONTENT_TYPE = 'application/unknown+rego';

export interface SignedFragment {
  readonly message: CoseSign1;
  readonly chain: readonly Certificate[];
  /** Who the message says signed it: a claim until it is verified. */
  readonly issuer: string;
  readonly feed: string;
  /** SVN of the header, for a message with claims; null where the text alone has one. */
  readonly headerSvn: number | null;
  readonly text: string;
  readonly fragment: PolicyFragment;
}

/** Reads a message; a string says why it is none. */
export function parseSignedFragment(bytes: Uint8Array): SignedFragment | string {
  try {
    const message = parseCoseSign1(bytes);
    const { protectedHeader, payload } = message;
    const claims = protectedHeader.get(LABEL.cwtClaims);
    const issuer: unknown = claims instanceof Map ? claims.get(CLAIM.issuer) : protectedHeader.get('iss');
    const feed: unknown = claims instanceof Map ? claims.get(CLAIM.subject) : protectedHeader.get('feed');
    if (typeof issuer !== 'string' || typeof feed !== 'string')
      return 'the header names no issuer and no feed';
    const svn: unknown = claims instanceof Map ? claims.get(CLAIM.svn) : undefined;
    if (svn !== undefined && !(typeof svn === 'number' && Number.isSafeInteger(svn)))
      return 'the SVN of the header is no number';
    const text = decodeUtf8(payload);
    if (text === null) return 'the payload is no text';
    const chain = certificatesOf(protectedHeader.get(LABEL.x5chain));
    if (chain === null) return 'the header has no chain of certificates';
    return {
      message,
      chain,
      issuer,
      feed,
      headerSvn: svn ?? null,
      text,
      fragment: parseFragment(text),
    };
  } catch (cause) {
    if (isReadingError(cause)) return cause.message;
    throw cause;
  }
}

function isReadingError(cause: unknown): cause is Error {
  return (
    cause instanceof CleanroomError ||
    cause instanceof CborError ||
    cause instanceof DerError ||
    cause instanceof ShapeError ||
    cause instanceof RegoFormError
  );
}

function certificatesOf(value: unknown): readonly Certificate[] | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const raw = list.filter((item): item is Uint8Array => item instanceof Uint8Array);
  return raw.length === list.length && raw.length > 0 ? raw.map(parseCertificate) : null;
}

/** What a verifier expects of a fragment: nothing of it comes from the fragment. */
export interface FragmentExpectations {
  /** did:x509 of the signer. */
  readonly issuer: string;
  readonly feed: string;
  readonly minimumSvn: number;
  /** Time at which the certificates must be valid. */
  readonly at: Date;
}

/** Every check, in order; all must pass. */
export async function verifyFragment(
  { message, chain, issuer, feed, headerSvn, fragment }: SignedFragment,
  expected: FragmentExpectations,
  crypto: SignatureCrypto,
): Promise<readonly Check[]> {
  const checks = new CheckList();
  const problem = (id: string, reason: string | null, details: Omit<Check, 'id' | 'status'> = {}): void => {
    checks.record(id, reason === null, {
      ...details,
      ...(reason === null ? {} : { reason }),
    });
  };
  const [leaf] = chain;
  problem('FRAGMENT_CHAIN', (await pathProblem(chain, crypto)) ?? signerProblem(leaf));
  problem('FRAGMENT_CERT_TIME', outsideValidity(chain, expected.at));
  problem('FRAGMENT_ISSUER', await issuerProblem(issuer, chain, expected.issuer, crypto), {
    expected: expected.issuer,
    actual: issuer,
  });
  problem('FRAGMENT_SIGNATURE', await signatureProblem(message, leaf, crypto));
  checks.record('FRAGMENT_FEED', feed === expected.feed, {
    expected: expected.feed,
    actual: feed,
    ...(feed === expected.feed ? {} : { reason: 'the signer signed it for another feed' }),
  });
  recordSvn(checks, headerSvn, fragment, expected.minimumSvn);
  return checks.list();
}

function signerProblem(leaf: Certificate | undefined): string | null {
  if (leaf === undefined) return 'no certificate';
  try {
    return keyUsage(leaf)?.has(KEY_USAGE.digitalSignature) === false ? 'the leaf may not sign' : null;
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    return `the leaf is malformed: ${cause.message}`;
  }
}

/* The issuer in the message is only a claim: the trusted one is compared first and then resolved. */
async function issuerProblem(
  claimed: string,
  chain: readonly Certificate[],
  trusted: string,
  crypto: SignatureCrypto,
): Promise<string | null> {
  if (claimed !== trusted) return 'the message is by another issuer than the one trusted';
  return didProblem(trusted, chain, crypto);
}

async function signatureProblem(
  message: CoseSign1,
  leaf: Certificate | undefined,
  crypto: SignatureCrypto,
): Promise<string | null> {
  if (leaf === undefined) return 'there is no certificate of a signer';
  const scheme = coseScheme(message, leaf.publicKey);
  if (typeof scheme === 'string') return scheme;
  return (await verifyCoseSign1(message, leaf.publicKey, scheme, crypto))
    ? null
    : 'the signer did not sign these bytes';
}

/* As the guest: the text's counts, the header's must equal it, and stands for it where the text has none. */
function recordSvn(
  checks: CheckList,
  headerSvn: number | null,
  { svn }: PolicyFragment,
  minimum: number,
): void {
  const inText = svn === null ? null : Number(svn);
  const actual = inText ?? headerSvn;
  const agree = inText === null || headerSvn === null || inText === headerSvn;
  const holds = actual !== null && agree && actual >= minimum;
  checks.record('FRAGMENT_SVN', holds, {
    expected: `at least ${minimum}`,
    actual: actual === null ? 'none' : String(actual),
    ...(holds
      ? {}
      : {
          reason: agree
            ? 'the fragment is older than the verifier takes'
            : 'header and text have different SVNs',
        }),
  });
}
