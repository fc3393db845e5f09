// The key of an owner's fingerprints: without it a fingerprint says nothing about the text.

import { hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { makeDirectory } from '../base/files/make-directory.js';
import { fromHex, toHex } from '../base/bytes/hex.js';
import type { ContractSigner } from '../keys/contract-signer.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';

const BYTES = 32;
const FILE = 'fingerprint.key';

/**
 * The HMAC key for fingerprints: from the owner's private key, or, where that stays in a vault, a file of its own in the
 * owner's work directory.
 *
 * @throws CleanroomError FILE_*
 */
export async function openFingerprintKey(owner: ContractSigner, workDirectory: string): Promise<Uint8Array> {
  if (!('privateKey' in owner)) return keepKey(workDirectory);
  const { d = '' } = owner.privateKey.export({ format: 'jwk' });
  const secret = Buffer.from(d, 'base64url');
  return new Uint8Array(hkdfSync('sha256', secret, '', 'cleanroom dataset fingerprint', BYTES));
}

async function keepKey(workDirectory: string): Promise<Uint8Array> {
  const path = join(workDirectory, FILE);
  try {
    const kept = fromHex((await readTextBounded(path, 1024)).trim());
    if (kept?.length === BYTES) return kept;
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'FILE_NOT_FOUND') throw cause;
  }
  const key = new Uint8Array(randomBytes(BYTES));
  await makeDirectory(workDirectory, 0o700);
  await writeFileAtomic(path, `${toHex(key)}\n`, { mode: 0o600 });
  return key;
}
