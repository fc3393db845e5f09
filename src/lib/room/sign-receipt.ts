// The receipt of a run, signed with the key that the room's report binds (ES256).

import type { KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { type Receipt, RECEIPT_TYPE } from '../evidence/receipt.js';
import { signEs256 } from '../keys/es256.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';

/** A receipt and the JWS that carries it. */
export interface SignedReceipt {
  readonly receipt: Receipt;
  readonly jws: string;
}

/** Signs a receipt; the payload is canonical JSON. */
export function signReceipt(receipt: Receipt, key: KeyObject): SignedReceipt {
  const header = { typ: RECEIPT_TYPE, kid: keyThumbprint(key) };
  return { receipt, jws: signEs256(header, utf8(canonicalJson(receipt)), key) };
}
