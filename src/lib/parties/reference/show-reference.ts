// `reference show`: the table in use, with its age.

import { ageInDays } from '../../contract/published/reference-classes.js';
import type { ReferenceTable } from '../../contract/published/reference-table.js';
import { type ReferenceInstallation, ownInstallation, referenceInUse } from './reference-in-use.js';

export interface ShownReference {
  readonly from: 'package' | 'update';
  readonly ageDays: number;
  readonly table: ReferenceTable;
}

/** @param now - by which its age is counted */
export async function showReference(
  now: Date,
  own: ReferenceInstallation = ownInstallation(),
): Promise<ShownReference> {
  const { reference, referenceFrom } = await referenceInUse(own);
  return { from: referenceFrom.from, ageDays: ageInDays(reference, now), table: reference };
}
