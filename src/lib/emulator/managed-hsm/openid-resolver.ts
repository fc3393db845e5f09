// Finds the signing keys of an attestation authority by its OpenID metadata (MAA).

import * as v from 'valibot';

import type { Json } from '../../base/bytes/canonical-json.js';
import type { AuthorityResolver } from './attestation-token.js';

const Metadata = v.looseObject({ issuer: v.string(), jwks_uri: v.string() });
const KeySet = v.looseObject({
  keys: v.array(v.looseObject({ kty: v.string(), kid: v.string(), x5c: v.array(v.string()) })),
});

/**
 * A resolver that reads `AUTHORITY/.well-known/openid-configuration` and the key set it names, which must be the
 * authority's own.
 *
 * @param fetchJson - GET of an https URL, redirects not followed; rejects unless it is answered with 200 and JSON.
 */
export function createOpenIdResolver(fetchJson: (url: string) => Promise<Json>): AuthorityResolver {
  return async (authority) => {
    const metadata = v.parse(Metadata, await fetchJson(`${authority}/.well-known/openid-configuration`));
    if (new URL(metadata.jwks_uri).origin !== new URL(authority).origin)
      throw new Error('the key set is not on the authority’s host');
    const { keys } = v.parse(KeySet, await fetchJson(metadata.jwks_uri));
    return { issuer: metadata.issuer, keys: keys.filter(({ kty }) => kty === 'RSA') };
  };
}
