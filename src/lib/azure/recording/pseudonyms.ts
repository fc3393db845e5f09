// Names that stand for names: the same one each time, in every process that records into one directory, and none that leads back.

import { createHmac, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';

import { systemErrorCode } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';

/** A word that stands for `value`: letters and digits, so that it is a legal name wherever Azure takes one. */
export type Pseudonym = (kind: string, value: string) => string;

/** How a pseudonym looks, with its kind. */
export const PSEUDONYM = /\b([a-z]{3,12})0x([0-9a-f]{12})\b/g;

/**
 * Pseudonyms under the key beside `directory` (`DIRECTORY.key`, 32 random bytes, for this user only), made where there is none.
 * Who lacks the key cannot tell a name from its pseudonym, not even by guessing.
 *
 * @throws CleanroomError FILE_UNREADABLE
 */
export async function openPseudonyms(directory: string): Promise<Pseudonym> {
  const path = `${directory}.key`;
  try {
    return pseudonymsUnder(await keyAt(path));
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** @param key - 32 random bytes. */
export function pseudonymsUnder(key: Uint8Array): Pseudonym {
  return (kind, value) => `${kind}0x${createHmac('sha256', key).update(value).digest('hex').slice(0, 12)}`;
}

/* Whole or not there: two processes may begin at once. */
async function keyAt(path: string): Promise<Uint8Array> {
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, randomBytes(32), { mode: 0o600, flag: 'wx' });
  try {
    await link(own, path);
  } catch (cause) {
    if (systemErrorCode(cause) !== 'EEXIST') throw cause;
  } finally {
    await rm(own, { force: true });
  }
  return new Uint8Array(await readFile(path));
}
