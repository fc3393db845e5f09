// `reference verify`: is a table well formed, whose is it, and what would it change?

import { ageInDays } from '../../contract/published/reference-classes.js';
import {
  applyReferenceFile,
  ownInstallation,
  type ReferenceInstallation,
  referenceInUse,
} from './reference-in-use.js';

export interface ReferenceVerification {
  readonly date: string;
  readonly ageDays: number;
  /** Whether it is this version's own, or its maker's signature holds. */
  readonly signed: boolean;
  /** What it makes stricter than the table in use; a clause each. */
  readonly stricter: readonly string[];
  /** What it asks for and only a signed table may do; a clause each. */
  readonly refused: readonly string[];
}

/** @throws CleanroomError REFERENCE_INVALID, REFERENCE_OLDER, REFERENCE_UNSIGNED for a signature by another key */
export async function verifyReference(
  path: string | undefined,
  now: Date,
  own: ReferenceInstallation = ownInstallation(),
): Promise<ReferenceVerification> {
  if (path === undefined) {
    const { reference } = await referenceInUse(own);
    return { ...dated(reference, now), signed: true, stricter: [], refused: [] };
  }
  const { referenceFrom, given, stricter, refused } = await applyReferenceFile(path, now, own);
  return {
    ...dated(given, now),
    signed: referenceFrom.unsigned === undefined,
    stricter,
    refused,
  };
}

function dated(
  table: { readonly date: string },
  now: Date,
): { readonly date: string; readonly ageDays: number } {
  return { date: table.date, ageDays: ageInDays(table, now) };
}
