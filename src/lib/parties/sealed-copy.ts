// A sealed file that waits for its upload, and a note beside it that says of what it is: a run that was broken off goes on
// with the same bytes, so that blocks which are in storage already are not sent again. Holds no text and no key.

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';

import * as v from 'valibot';

import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { type ContentDigest, createSplitDigest } from '../sealed-blob/engine/payload-digest.js';
import type { SealedDataset } from './encryption-input.js';

const Digest = v.strictObject({ sha256: v.string(), bytes: v.number() });
const Note = v.strictObject({ of: v.unknown(), header: Digest, payload: Digest });

/** What a sealed file is of; compared as a whole. */
export type SealedOf = Readonly<Record<string, string | readonly string[]>> & {
  readonly fingerprint: string;
};

/** The file that was sealed of the same before, if its bytes are still those of its note; else null. */
export async function findSealedCopy(path: string, of: SealedOf): Promise<SealedDataset | null> {
  try {
    const outcome = v.safeParse(Note, JSON.parse(await readTextBounded(noteOf(path), 64 * 1024)));
    if (!outcome.success || JSON.stringify(outcome.output.of) !== JSON.stringify(of)) return null;
    const { header, payload } = await digestFile(path, outcome.output.header.bytes);
    const same = isSame(header, outcome.output.header) && isSame(payload, outcome.output.payload);
    return same ? { path, header, payload, fingerprint: of.fingerprint } : null;
  } catch (cause) {
    if (cause instanceof CleanroomError || cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** Notes of what a sealed file is. */
export async function rememberSealedCopy(sealed: SealedDataset, of: SealedOf): Promise<void> {
  const { header, payload } = sealed;
  await writeFileAtomic(noteOf(sealed.path), `${JSON.stringify({ of, header, payload })}\n`, { mode: 0o600 });
}

/** Removes file and note. */
export async function forgetSealedCopy({ path }: SealedDataset): Promise<void> {
  await rm(path, { force: true });
  await rm(noteOf(path), { force: true });
}

async function digestFile(
  path: string,
  headerBytes: number,
): Promise<{ readonly header: ContentDigest; readonly payload: ContentDigest }> {
  const digest = createSplitDigest(headerBytes);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
      digest.add(chunk as Buffer);
  } catch (cause) {
    throw new CleanroomError('FILE_UNREADABLE', `${path} cannot be read`, { cause });
  }
  return digest.done();
}

function isSame(a: ContentDigest, b: { readonly sha256: string; readonly bytes: number }): boolean {
  return a.sha256 === b.sha256 && a.bytes === b.bytes;
}

function noteOf(path: string): string {
  return `${path}.json`;
}
