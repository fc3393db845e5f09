// `why` without an argument: why this directory's room gave no result, as far as this party may know.

import { resolve } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import type { Environment } from '../ports/environment.js';
import type { CauseDocument } from '../summarizer/cause-document.js';
import { findConsents } from './consent-files.js';
import { diagnose } from './diagnosis/diagnose.js';
import { explainCode } from './diagnosis/explain-own.js';
import type { ClaimComparison, Diagnosis, References } from './diagnosis/diagnosis.js';
import { readContract } from './environment.js';
import { partyKeyPath, readPartyKey } from './init-party.js';
import { openCause } from './open-cause.js';
import { fetchRoomReport } from './room-status.js';
import { findRooms } from './rooms.js';
import { verifyRoomEvidence } from './verify-room-evidence.js';

export interface WhyRoomInput {
  readonly contractPath: string;
}

/**
 * Explains the last run that gave no result. Of a counted run the cause is sealed to the owners of datasets; whoever is
 * none of them learns only that there was no result.
 *
 * @throws CleanroomError FAILURE_UNKNOWN where no run was refused; and as openCause
 */
export async function explainRoom(
  environment: Environment,
  { contractPath }: WhyRoomInput,
): Promise<readonly Diagnosis[]> {
  const { profile, directory, services } = environment;
  const parsed = await readContract(contractPath, directory);
  const consents = await findConsents(resolve(directory, contractPath));
  const refusal = await openCause(
    {
      parsed,
      party: profile.party,
      resultKey: async () =>
        (await readPartyKey(partyKeyPath(directory, profile.party, 'result'))).privateKey,
    },
    {
      blobs: await services.blobs(),
      verify: (bundle) => verifyRoomEvidence(bundle, { parsed, profile, consents }),
    },
  );
  const { name } = parsed.contract;
  if (refusal === null)
    throw new CleanroomError('FAILURE_UNKNOWN', `no run of the room of ${name} was refused`, {
      hint: `See what it does now: cleanroom status ${name}`,
    });
  const { receipt, cause } = refusal;
  const code = cause?.code ?? receipt.refusal ?? 'NO_RESULT';
  const explained = explainCode(code);
  const when = `The run of ${receipt.time} gave no result: ${code}.`;
  if (explained === null) return [{ ...UNNAMED, what: when }];
  return [{ ...explained, what: when, why: [explained.what, ...explained.why], claims: claimsOf(cause) }];
}

/**
 * Explains what the platform and the room itself say of a room now. Nothing of it is attested.
 *
 * @throws CleanroomError ROOM_NOT_FOUND, and as the room operator
 */
export async function explainRoomState(
  { services }: Environment,
  name: string,
  references: References,
): Promise<readonly Diagnosis[]> {
  const found = await findRooms(await services.rooms(), name);
  const rooms = await Promise.all(found.map(async (room) => ({ room, report: await fetchRoomReport(room) })));
  return diagnose(JSON.stringify({ rooms }), references);
}

const UNNAMED: Diagnosis = {
  kind: 'cleanroom-error',
  code: null,
  what: '',
  why: ['The room runs another version of cleanroom, with a code that this one does not know.'],
  fix: [],
  claims: [],
};

/** Each limit beside what was measured of the party's own datasets. */
function claimsOf(cause: CauseDocument | null): readonly ClaimComparison[] {
  return (cause?.checks ?? []).map(({ id, status, expected, actual }) => ({
    claim: id,
    expected: expected ?? 'nothing',
    actual: actual ?? null,
    holds: status === 'pass',
    from: 'contract',
  }));
}
