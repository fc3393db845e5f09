// The key set of an attestation service: JWK Set (RFC 7517), RSA keys, as `n` and `e` or only as certificate (`x5c`).

import * as v from 'valibot';

import { equalBytes } from '../../base/bytes/arrays.js';
import { fromBase64, fromBase64Url } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { DerError } from '../der/reader.js';
import { rsaPublicKeyInfo } from '../der/public-key-info.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { type PublicKey, readPublicKey } from '../x509/public-key.js';

export interface ServiceKey {
  readonly kid: string;
  readonly key: PublicKey & { readonly kind: 'rsa' };
  /** The first certificate of `x5c`, over the same key; its signature and time are not checked here. */
  readonly certificate?: Certificate;
}

const MIN_RSA_BITS = 2048;
const MAX_KEYS = 1000;

const Jwk = v.looseObject({
  kty: v.string(),
  kid: v.optional(v.string()),
  use: v.optional(v.string()),
  alg: v.optional(v.string()),
  n: v.optional(v.string()),
  e: v.optional(v.string()),
  x5c: v.optional(v.array(v.string())),
});
const KeySet = v.looseObject({ keys: v.pipe(v.array(Jwk), v.maxLength(MAX_KEYS)) });

/**
 * The keys of a set that may sign tokens: RSA of 2048 bits or more, for signatures, with a `kid`. Keys for other uses
 * are left out.
 *
 * @throws CleanroomError JWKS_INVALID: not a JWK Set, or an RSA key in it that cannot be read or whose `n` and `x5c`
 *   disagree.
 */
export function parseServiceKeys(jwks: unknown): readonly ServiceKey[] {
  const outcome = v.safeParse(KeySet, jwks);
  if (!outcome.success) throw invalid(outcome.issues[0].message);
  return outcome.output.keys.flatMap((jwk) => {
    const { kty, kid, use = 'sig', alg = 'RS256' } = jwk;
    if (kty !== 'RSA' || kid === undefined || use !== 'sig' || alg !== 'RS256') return [];
    const found = readKey(jwk);
    return found.key.bits < MIN_RSA_BITS ? [] : [{ kid, ...found }];
  });
}

function readKey({ n, e, x5c }: v.InferOutput<typeof Jwk>): Pick<ServiceKey, 'key' | 'certificate'> {
  try {
    const stated =
      n === undefined || e === undefined ? null : readPublicKey(rsaPublicKeyInfo(bytes(n), bytes(e)));
    const certificate =
      x5c?.[0] === undefined ? null : parseCertificate(fromBase64(x5c[0]) ?? new Uint8Array());
    const leaf = certificate?.publicKey ?? null;
    const key = stated ?? leaf;
    if (key?.kind !== 'rsa') throw invalid('an RSA key without n and e, and without x5c');
    if (leaf !== null && stated !== null && !equalBytes(leaf.spki, stated.spki)) {
      throw invalid('a key whose n and x5c disagree');
    }
    return certificate === null ? { key } : { key, certificate };
  } catch (cause) {
    if (cause instanceof DerError) throw invalid(`a key that cannot be read: ${cause.message}`);
    if (cause instanceof CleanroomError && cause.code === 'CERTIFICATE_MALFORMED')
      throw invalid(cause.message);
    throw cause;
  }
}

function bytes(text: string): Uint8Array {
  const decoded = fromBase64Url(text);
  if (decoded === null || decoded.length === 0) throw invalid('a number that is not base64url');
  return decoded;
}

function invalid(reason: string): CleanroomError {
  return new CleanroomError('JWKS_INVALID', `the key set is invalid: ${reason}`);
}
