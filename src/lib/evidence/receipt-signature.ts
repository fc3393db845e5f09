// Who signed a receipt: the key in the room's report (ES256).

import { createPublicKey, type KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { signEs256, verifyEs256 } from '../base/bytes/es256.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { keyThumbprint } from '../base/bytes/key-thumbprint.js';
import { readReceipt, type ReadReceipt, type Receipt, RECEIPT_TYPE, receiptRejected } from './receipt.js';

/** A receipt and the JWS that carries it. */
export interface SignedReceipt {
  readonly receipt: Receipt;
  readonly jws: string;
}

/** Signs a receipt (ES256); the payload is canonical JSON. */
export function signReceipt(receipt: Receipt, key: KeyObject): SignedReceipt {
  const header = { typ: RECEIPT_TYPE, kid: keyThumbprint(key) };
  return { receipt, jws: signEs256(header, utf8(canonicalJson(receipt)), key) };
}

/**
 * Reads a receipt and checks that it is signed by `key`: the receipt key of a room report that was verified.
 *
 * @throws CleanroomError RECEIPT_REJECTED
 */
export function verifyReceipt(jws: string, { kty, crv, x, y }: PublicKeyJwk): ReadReceipt {
  const { receipt, parsed } = readReceipt(jws);
  if (!verifyEs256(parsed, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })))
    throw receiptRejected('it is not signed by the key that the room report binds');
  return receipt;
}
