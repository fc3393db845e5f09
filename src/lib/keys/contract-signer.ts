// Signs as a party: with its private contract key in hand, or with one that stays in a vault.

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import * as v from 'valibot';

import type { Es256Signer } from './es256.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { isOnP256 } from '../contract/curve.js';
import type { PartyKeyPair } from './party-keys.js';
import { PublicKeySchema, type PublicKeyJwk } from '../contract/schema.js';

/** A contract key in a vault; what it signs is asked of the vault. */
export interface VaultSigner extends Es256Signer {
  readonly publicKey: PublicKeyJwk;
  /** Key URL with version. */
  readonly url: string;
}

export type ContractSigner = PartyKeyPair | VaultSigner;

/** What signs: the private key, or whoever asks the vault. */
export function signingKeyOf(signer: ContractSigner): KeyObject | VaultSigner {
  return 'privateKey' in signer ? signer.privateKey : signer;
}

/** The public half as Node holds it. */
export function publicKeyObject({ kty, crv, x, y }: PublicKeyJwk): KeyObject {
  const jwk: JsonWebKey = { kty, crv, x, y };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** Where a contract key is that stays in a vault: its public half and its URL. No secret. */
export interface VaultKeyReference {
  readonly publicKey: PublicKeyJwk;
  readonly url: string;
}

const ReferenceSchema = v.strictObject({
  ...PublicKeySchema.entries,
  kid: v.pipe(v.string(), v.regex(/^https:\/\//)),
});

/** The reference as a public JWK whose `kid` is the key's URL: it stands where the private key would. */
export function renderKeyReference({ publicKey, url }: VaultKeyReference): string {
  return `${JSON.stringify({ ...publicKey, kid: url })}\n`;
}

/** Reads what renderKeyReference writes; null for any other text, such as a private key. */
export function parseKeyReference(text: string): VaultKeyReference | null {
  let value: unknown;
  try {
    value = parseStrictJson(text, { maxDepth: 2 });
  } catch (cause) {
    if (cause instanceof StrictJsonError) return null;
    throw cause;
  }
  const outcome = v.safeParse(ReferenceSchema, value);
  if (!outcome.success || !isOnP256(outcome.output.x, outcome.output.y)) return null;
  const { kid, ...publicKey } = outcome.output;
  return { publicKey, url: kid };
}
