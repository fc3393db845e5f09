// Values of room variables that somebody brings, judged before anything is deployed: a room could only wait or refuse later.

import { CleanroomError } from '../base/errors.js';
import { datasetSasVariable, datasetTokenVariable, roomSasList } from '../contract/room-plan.js';
import { isSasQuery } from '../contract/sas-query.js';
import type { Contract } from '../contract/schema.js';
import { readSasGrant, type SasGrant } from '../ports/sas-grant.js';
import type { Services } from '../ports/services.js';

/**
 * @param values - by variable; SAS without `?`. Secret: no value goes into an error.
 * @throws CleanroomError USAGE (a variable that the room does not have), SAS_INVALID, SAS_EXPIRED, SAS_NOT_YET_VALID, SAS_TOO_NARROW
 */
export function requireUsableParameters(
  contract: Contract,
  values: ReadonlyMap<string, string>,
  at: Date,
): void {
  const list = roomSasList(contract);
  const known = [
    ...list.map(({ variable }) => variable),
    ...contract.datasets.map(({ id }) => datasetTokenVariable(id)),
  ];
  for (const [variable, value] of values) {
    if (!known.includes(variable))
      throw new CleanroomError('USAGE', `the room has no variable ${variable}`, {
        hint: `It takes values for: ${known.join(', ')}`,
      });
    const sas = list.find((candidate) => candidate.variable === variable);
    if (sas === undefined) continue;
    if (!isSasQuery(value))
      throw new CleanroomError('SAS_INVALID', `${variable}: the value is no SAS that a room takes`);
    named(variable, () => readSasGrant(value, { ...sas, at }));
  }
}

/**
 * Every text that can be looked for is there: by the SAS that was brought, or by the caller's login for its own account.
 *
 * @throws CleanroomError BLOB_MISSING
 */
export async function requireSealedDatasets(
  contract: Contract,
  values: ReadonlyMap<string, string>,
  services: Pick<Services, 'blobs'>,
): Promise<void> {
  for (const { id, blob, owner } of contract.datasets) {
    const query = values.get(datasetSasVariable(id));
    if (query === undefined && owner !== contract.room.host) continue;
    const grant: SasGrant | null = query === undefined ? null : { ...blob, query };
    if ((await (await services.blobs(grant)).etag(blob)) !== null) continue;
    throw new CleanroomError('BLOB_MISSING', `the dataset ${id} of ${owner} is not sealed yet`, {
      hint: `${owner} seals it with: cleanroom encrypt FILE --dataset ${id}`,
    });
  }
}

function named<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    throw new CleanroomError(cause.code, `${variable}: ${cause.message}`, { cause, hint: cause.hint });
  }
}
