// A seal statement signed by its owner: outside the room, which only verifies them (seal-statement.ts).

import { KeyObject } from 'node:crypto';

import { utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { signEs256By } from '../../keys/es256.js';
import { publicKeyObject, type VaultSigner } from '../../keys/contract-signer.js';
import { keyThumbprint } from '../../keys/key-thumbprint.js';
import { SEAL_STATEMENT_TYPE, type SealStatement } from './seal-statement.js';

/** The statement as a compact JWS (ES256) under the owner's private contract key, in hand or in a vault. */
export function signSealStatement(
  statement: SealStatement,
  contractKey: KeyObject | VaultSigner,
): Promise<string> {
  const payload = utf8(canonicalJson({ v: 1, use: 'cleanroom-seal', ...statement }));
  const header = { typ: SEAL_STATEMENT_TYPE, kid: contractKeyThumbprint(contractKey) };
  return signEs256By(header, payload, contractKey);
}

/** RFC 7638 thumbprint of a contract key. */
export function contractKeyThumbprint(contractKey: KeyObject | VaultSigner): string {
  return keyThumbprint(
    contractKey instanceof KeyObject ? contractKey : publicKeyObject(contractKey.publicKey),
  );
}
