// The table of reference values that this installation uses: the package's, or a newer one that its maker signed.

import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { makeDirectory } from '../../base/files/make-directory.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import { parseReferenceTable, type ReferenceTable } from '../../contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../../contract/published/reference-values.js';
import { RELEASE_KEY } from '../../contract/published/release-key.js';
import { requireNotFuture, tightenReference } from '../../contract/published/tighten-reference.js';
import type { PublicKeyJwk } from '../../contract/schema.js';
import type { VerificationPlan } from '../../evidence/verification-plan.js';
import { readSignedReference } from './signed-reference.js';

export type ChosenReference = Pick<VerificationPlan, 'reference' | 'referenceFrom'>;

/** What of an installation decides; the real ones if absent. */
export interface ReferenceInstallation {
  /** Where a signed update is kept. */
  readonly path: string;
  readonly packaged: ReferenceTable;
  readonly releaseKey: PublicKeyJwk | null;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** This installation, with XDG_DATA_HOME of this process. */
export function ownInstallation(): ReferenceInstallation {
  const data = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
  return {
    path: join(data, 'cleanroom', 'reference.jws'),
    packaged: REFERENCE_VALUES,
    releaseKey: RELEASE_KEY,
  };
}

/** The package's table, or the kept update: its signature is checked again, and it counts only while it is the newer one. */
export async function referenceInUse(
  own: ReferenceInstallation = ownInstallation(),
): Promise<ChosenReference> {
  const packaged: ChosenReference = { reference: own.packaged, referenceFrom: { from: 'package' } };
  if (own.releaseKey === null) return packaged;
  const text = await readTextBounded(own.path, MAX_BYTES).catch((cause: unknown) => {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  });
  const kept = text === null ? null : readKept(text, own);
  if (kept === null || kept.date <= own.packaged.date) return packaged;
  return { reference: kept, referenceFrom: { from: 'update' } };
}

/* A table that was changed where it lies stops everything: the package's would be the older one. */
function readKept(text: string, { path, releaseKey }: ReferenceInstallation): ReferenceTable {
  const kept = readSignedReference(text, releaseKey);
  if (kept !== null) return kept;
  throw new CleanroomError('REFERENCE_UNSIGNED', `${path} is not the table that was put there`, {
    hint: 'Put the signed table there again: cleanroom reference update FILE; or remove the file, and the older table of this version counts.',
  });
}

/** What a file of `--reference` makes of the table in use. */
export interface AppliedReference extends ChosenReference {
  /** The file's own table. */
  readonly given: ReferenceTable;
  readonly stricter: readonly string[];
  readonly refused: readonly string[];
}

/**
 * Lays a file over the table in use, for one command: one with the maker's signature replaces it, any other may only make it
 * stricter.
 *
 * @throws CleanroomError REFERENCE_INVALID, REFERENCE_OLDER, REFERENCE_UNSIGNED for a signature by another key
 */
export async function applyReferenceFile(
  path: string,
  now: Date,
  own: ReferenceInstallation = ownInstallation(),
): Promise<AppliedReference> {
  const inUse = await referenceInUse(own);
  const text = await readTextBounded(path, MAX_BYTES);
  const signed = readSignedReference(text, own.releaseKey);
  if (signed !== null) {
    requireNewer(signed, inUse.reference, now);
    return {
      reference: signed,
      referenceFrom: { from: 'update' },
      given: signed,
      stricter: [],
      refused: [],
    };
  }
  const given = parseReferenceTable(text);
  const { table, stricter, refused } = tightenReference(inUse.reference, given, now);
  return {
    reference: table,
    referenceFrom: { ...inUse.referenceFrom, unsigned: sha256Hex(text) },
    given,
    stricter,
    refused,
  };
}

/**
 * Keeps a newer table that the maker signed, for every command from now on.
 *
 * @throws CleanroomError REFERENCE_UNSIGNED, REFERENCE_OLDER, REFERENCE_INVALID
 */
export async function updateReference(
  path: string,
  now: Date,
  own: ReferenceInstallation = ownInstallation(),
): Promise<{ readonly reference: ReferenceTable; readonly replaced: string }> {
  const text = await readTextBounded(path, MAX_BYTES);
  const signed = readSignedReference(text, own.releaseKey);
  if (signed === null) {
    parseReferenceTable(text);
    throw new CleanroomError('REFERENCE_UNSIGNED', `${path} is not signed`);
  }
  const { reference } = await referenceInUse(own);
  requireNewer(signed, reference, now);
  await makeDirectory(dirname(own.path));
  await writeFileAtomic(own.path, text);
  return { reference: signed, replaced: reference.date };
}

function requireNewer(given: ReferenceTable, own: ReferenceTable, now: Date): void {
  requireNotFuture(given, own, now);
  if (given.date > own.date) return;
  throw new CleanroomError(
    'REFERENCE_OLDER',
    `the table has the date ${given.date}, and the one in use ${own.date}`,
  );
}
