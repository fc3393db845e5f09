// Looks for a secret in bytes, in every spelling that tools write bytes in.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** UTF-8, UTF-16, hex, and base64 at each of its three offsets (its inner part, which does not depend on what surrounds it). */
export function spellingsOf(secret: string): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset, 0x61), bytes]).toString('base64');
    return Buffer.from(encoded.slice(4, -4));
  });
  return [bytes, Buffer.from(secret, 'utf16le'), Buffer.from(bytes.toString('hex')), ...base64];
}

/** Whether any spelling of any secret is in `haystack`. */
export function holdsSecret(haystack: Uint8Array, secrets: readonly string[]): boolean {
  const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
  return secrets.some((secret) => knownSpellings(secret).some((needle) => bytes.includes(needle)));
}

/* Thousands of files are searched for the same few secrets. */
const spellings = new Map<string, readonly Buffer[]>();

function knownSpellings(secret: string): readonly Buffer[] {
  const known = spellings.get(secret) ?? spellingsOf(secret);
  spellings.set(secret, known);
  return known;
}

/** The files below `directory` that hold a secret, but for those whose path `mayHold` says may. */
export async function findSecrets(
  directory: string,
  secrets: readonly string[],
  mayHold: (path: string) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    if (mayHold(path)) continue;
    const bytes = await readSmallFile(path);
    if (bytes !== null && holdsSecret(bytes, secrets)) found.push(path);
  }
  return found;
}

/* What is gone meanwhile, or is no file, holds nothing. */
async function readSmallFile(path: string): Promise<Uint8Array | null> {
  try {
    const stats = await stat(path);
    return stats.isFile() && stats.size <= MAX_FILE_BYTES ? await readFile(path) : null;
  } catch {
    return null;
  }
}
