// An attestation token that nobody signed, and that claims everything that the release policy asks for.

import { freshKeyPair } from '../../keys/fresh-key.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { type Condition, isClause } from '../../contract/release-policy/grammar.js';
import type { Deal } from '../stage/deal.js';

const HOUR_S = 3600;

type MutableClaims = { [name: string]: Json };

/** A token (`alg: none`) to release the key to a key of the forger's own: but for its signature it would do. */
export async function forgeToken({ parsed, policy }: Deal): Promise<string> {
  const [branch] = releasePolicyOf(parsed.contract, policy.hash).anyOf;
  const { publicKey } = await freshKeyPair({ type: 'rsa', bits: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const now = Math.floor(Date.now() / 1000);
  const claims: MutableClaims = {
    iss: branch.authority,
    nbf: now,
    exp: now + HOUR_S,
    'x-ms-runtime': { keys: [{ kty: 'RSA', kid: 'own', use: 'enc', key_ops: ['encrypt'], n, e }] },
  };
  claimWhatIsAsked(branch.conditions, claims);
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

/* The value that a clause names meets it, whether it is to be equal or a floor. */
function claimWhatIsAsked(conditions: readonly Condition[], claims: MutableClaims): void {
  for (const condition of conditions) {
    if (!isClause(condition)) {
      claimWhatIsAsked(condition.conditions, claims);
      continue;
    }
    const path = condition.claim.split('.');
    const last = path.pop() ?? '';
    let place = claims;
    for (const name of path) place = (place[name] ??= {}) as MutableClaims;
    place[last] = condition.value;
  }
}
