// An owner's access statement on its way to the host: a compact JWE (RFC 7516 §7.1) to the host's transfer key.

import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import type { PartyKeyPair } from '../../keys/party-keys.js';
import type { PublicKeyJwk } from '../../contract/schema.js';

const KEY_WRAP = 'ECDH-ES+A256KW';
const ENCRYPTION = 'A256GCM';
const TYPE = 'cleanroom-access+jwe';

/** Seals a text to a P-256 key. */
export async function sealAccess(text: string, { kty, crv, x, y }: PublicKeyJwk): Promise<string> {
  return new CompactEncrypt(utf8(text))
    .setProtectedHeader({ alg: KEY_WRAP, enc: ENCRYPTION, typ: TYPE })
    .encrypt(await importJWK({ kty, crv, x, y }, KEY_WRAP));
}

/** @throws CleanroomError CLEANROOM_FILE_INVALID: not sealed to this key, or altered; which of them is not said. */
export async function openAccess(sealed: string, { privateKey }: PartyKeyPair): Promise<string> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed.trim(), privateKey, {
      keyManagementAlgorithms: [KEY_WRAP],
      contentEncryptionAlgorithms: [ENCRYPTION],
    });
    const text = decodeUtf8(plaintext);
    if (protectedHeader.typ === TYPE && text !== null) return text;
  } catch (cause) {
    throw notForThisKey(cause);
  }
  throw notForThisKey(undefined);
}

function notForThisKey(cause: unknown): CleanroomError {
  return new CleanroomError(
    'CLEANROOM_FILE_INVALID',
    'the access to storage in the reply is not sealed to the transfer key of this directory',
    { hint: 'Ask for a reply to the offer that was proposed in this directory.', cause },
  );
}
