// The attestation token of a release request: proven by the keys of an authority that the key's own policy names.

import { X509Certificate } from 'node:crypto';

import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';

import type { Json } from '../../base/bytes/canonical-json.js';
import type { Claims } from '../../contract/release-policy/evaluate.js';
import { normaliseAuthority, type ReleasePolicy } from '../../contract/release-policy/grammar.js';

/** A signing key as an attestation service publishes it. */
export interface AuthorityKey {
  readonly kid: string;
  /** DER of the certificate chain, leaf first, standard base64. */
  readonly x5c: readonly string[];
}

/** What an authority's OpenID metadata leads to. */
export interface AuthorityKeys {
  readonly issuer: string;
  readonly keys: readonly AuthorityKey[];
}

/** Reads the metadata and keys of an attestation service, `https://host[:port]`; rejects if it cannot. */
export type AuthorityResolver = (authority: string) => Promise<AuthorityKeys>;

/** The claims of a token that holds now, and who signed it. */
export interface VerifiedAttestation {
  readonly authority: string;
  readonly claims: Claims;
}

/**
 * Proves `token`: RS256 by a key of its issuer, which `policy` names as an authority; not expired, already valid.
 * The issuer is resolved only if the policy names it, so that no caller chooses whom the host asks.
 *
 * @returns null for every token that does not hold: the host gives no reason (Key Vault).
 */
export async function verifyAttestation(
  token: string,
  policy: ReleasePolicy,
  resolve: AuthorityResolver,
  now: Date,
): Promise<VerifiedAttestation | null> {
  try {
    const issuer = decodeJwt(token).iss ?? '';
    const named = policy.anyOf.find(
      ({ authority }) => normaliseAuthority(authority) === normaliseAuthority(issuer),
    );
    if (named === undefined) return null;
    const { kid } = decodeProtectedHeader(token);
    const published = await resolve(normaliseAuthority(named.authority));
    if (normaliseAuthority(published.issuer) !== normaliseAuthority(issuer)) return null;
    const [key, ...others] = published.keys.filter((entry) => entry.kid === kid);
    const leaf = key?.x5c[0];
    if (leaf === undefined || others.length > 0) return null;
    const { publicKey } = new X509Certificate(Buffer.from(leaf, 'base64'));
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['RS256'],
      issuer,
      currentDate: now,
      requiredClaims: ['exp', 'nbf'],
    });
    return { authority: issuer, claims: payload as Readonly<Record<string, Json | undefined>> };
  } catch {
    return null;
  }
}
