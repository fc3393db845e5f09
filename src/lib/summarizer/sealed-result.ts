// The result on its way to the recipients: JWE in general JSON form (RFC 7516 §7.2.1), one recipient entry a party.

import { calculateJwkThumbprint, GeneralEncrypt, generalDecrypt, importJWK, type JWK } from 'jose';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';

const KEY_WRAP = 'ECDH-ES+A256KW';
const ENCRYPTION = 'A256GCM';
const TYPE = 'cleanroom-result+jwe';
const MAX_SEALED_BYTES = 64 * 1024 * 1024;

/**
 * Encrypts `plaintext` so that each of `recipients` can read it with its own key, and nobody else can.
 *
 * @param recipients - P-256 public keys, one a party; never empty.
 * @returns the JWE as JSON text.
 */
export async function sealResult(
  plaintext: Uint8Array,
  recipients: readonly PublicKeyJwk[],
): Promise<string> {
  if (recipients.length === 0) throw new CleanroomError('INTERNAL', 'a result sealed to nobody');
  const jwe = new GeneralEncrypt(plaintext).setProtectedHeader({ enc: ENCRYPTION, typ: TYPE });
  for (const { kty, crv, x, y } of recipients) {
    const jwk = { kty, crv, x, y };
    jwe
      .addRecipient(await importJWK(jwk, KEY_WRAP))
      .setUnprotectedHeader({ alg: KEY_WRAP, kid: await calculateJwkThumbprint(jwk) });
  }
  return JSON.stringify(await jwe.encrypt());
}

/**
 * Opens a sealed result with a recipient's private key.
 *
 * @throws CleanroomError SEALED_RESULT_REJECTED: not a sealed result, not for this key, or altered; which of them is not said.
 */
export async function openResult(sealed: Uint8Array, privateKey: JWK): Promise<Uint8Array> {
  try {
    const text = sealed.length > MAX_SEALED_BYTES ? null : decodeUtf8(sealed);
    if (text === null) throw new Error('not text');
    const jwe = parseStrictJson(text, { maxDepth: 8 });
    const key = await importJWK(privateKey, KEY_WRAP);
    const { plaintext, protectedHeader } = await generalDecrypt(
      jwe as unknown as Parameters<typeof generalDecrypt>[0],
      key,
      {
        keyManagementAlgorithms: [KEY_WRAP],
        contentEncryptionAlgorithms: [ENCRYPTION],
      },
    );
    if (protectedHeader?.typ !== TYPE) throw new Error('another type');
    return plaintext;
  } catch (cause) {
    throw new CleanroomError('SEALED_RESULT_REJECTED', 'the sealed result cannot be opened with this key', {
      cause,
    });
  }
}
