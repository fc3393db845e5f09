// One SAS of a room, made by the owner of the account for whoever deploys the room: read as the plan says, for hours.

import { budgetSasVariable, datasetSasVariable, roomSasList, type RoomSas } from '../contract/room-plan.js';
import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { Clock, SasIssuer } from '../ports/ports.js';

/** What a room reaches by SAS: a dataset (its id), or one of the contract's own blobs. */
export type SasSubject =
  { readonly kind: 'dataset' | 'budget'; readonly id: string } | { readonly kind: 'contract' | 'result' };

export interface IssuedSas {
  /** The room variable that it is for: `deploy --parameter-file VARIABLE=FILE`. */
  readonly variable: string;
  readonly account: string;
  readonly container: string;
  readonly scope: RoomSas['scope'];
  readonly permissions: RoomSas['permissions'];
  readonly expiresAt: Date;
  /** The query, without `?`. Secret. */
  readonly query: string;
}

/* A user delegation key, and so what it signs, lives for seven days at most. */
export const MAX_SAS_HOURS = 7 * 24;

/**
 * Issues the SAS that the contract's room needs for `subject`, with the rights of the room plan and no others.
 *
 * @throws CleanroomError DATASET_UNKNOWN, USAGE (hours), and as the issuer
 */
export async function issueRoomSas(
  contract: Contract,
  subject: SasSubject,
  hours: number,
  { sas, clock }: { readonly sas: SasIssuer; readonly clock: Clock },
): Promise<IssuedSas> {
  if (!(hours > 0 && hours <= MAX_SAS_HOURS))
    throw new CleanroomError('USAGE', `a SAS lives for 1 to ${MAX_SAS_HOURS} hours, not ${hours}`);
  const { variable, blob, scope, permissions } = findSas(contract, subject);
  const expiresAt = new Date(clock().getTime() + hours * 60 * 60_000);
  const query = await sas.issue({ blob, scope, permissions, expiresAt });
  const { account, container } = blob;
  return { variable, account, container, scope, permissions, expiresAt, query };
}

function findSas(contract: Contract, subject: SasSubject): RoomSas {
  const wanted =
    subject.kind === 'dataset'
      ? datasetSasVariable(subject.id)
      : subject.kind === 'budget'
        ? budgetSasVariable(subject.id)
        : `CLEANROOM_SAS_${subject.kind.toUpperCase()}`;
  const found = roomSasList(contract).find(({ variable }) => variable === wanted);
  if (found !== undefined) return found;
  const known = contract.datasets.map(({ id }) => id).join(', ');
  throw new CleanroomError(
    'DATASET_UNKNOWN',
    `the contract has no dataset ${'id' in subject ? subject.id : ''}; it has: ${known}`,
  );
}
