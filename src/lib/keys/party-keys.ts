// A party's own keys: P-256 pairs for consent and seal statements (contract key) and for results (result key).

import { createPrivateKey, type KeyObject } from 'node:crypto';

import { freshKeyPair } from './fresh-key.js';
import { CleanroomError } from '../base/errors.js';
import type { PublicKeyJwk } from '../contract/schema.js';

export interface PartyKeyPair {
  readonly publicKey: PublicKeyJwk;
  readonly privateKey: KeyObject;
}

export async function generatePartyKey(): Promise<PartyKeyPair> {
  const { privateKey } = await freshKeyPair({ type: 'ec', curve: 'P-256' });
  return { privateKey, publicKey: publicJwk(privateKey) };
}

/** The private key as a JWK text: a secret; for a file of mode 0600. */
export function exportPartyKey(key: PartyKeyPair): string {
  return `${JSON.stringify(key.privateKey.export({ format: 'jwk' }))}\n`;
}

/**
 * Reads a private P-256 JWK. No part of the text goes into the error.
 *
 * @throws CleanroomError PARTY_KEY_INVALID
 */
export function parsePartyKey(text: string): PartyKeyPair {
  try {
    const privateKey = createPrivateKey({ key: JSON.parse(text) as Record<string, string>, format: 'jwk' });
    return { privateKey, publicKey: publicJwk(privateKey) };
  } catch {
    throw new CleanroomError('PARTY_KEY_INVALID', 'the file is not a private P-256 key as JWK');
  }
}

/** Whether two public keys are the same. */
export function samePublicKey(a: PublicKeyJwk, b: PublicKeyJwk): boolean {
  return a.x === b.x && a.y === b.y;
}

function publicJwk(privateKey: KeyObject): PublicKeyJwk {
  const { kty, crv, x, y } = privateKey.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined)
    throw new Error('not a P-256 key');
  return { kty, crv, x, y };
}
