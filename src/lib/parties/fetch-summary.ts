// `summary`: the result, opened with the recipient's key and held against receipt and evidence.

import { resolve } from 'node:path';

import { readTextBounded } from '../base/files/read-bounded.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { findConsents } from './consent-files.js';
import { partyKeyPath, readPartyKey } from './init-party.js';
import { CHECKS_OF_RECIPIENT, type ReceivedSummary, receiveSummary } from './receive-summary.js';
import type { Environment } from '../ports/environment.js';
import { readContract } from './environment.js';
import { policyBesideContract } from './policy-beside.js';
import { openSeenResults } from './seen-results.js';
import { verifyRoomEvidence } from './verify-room-evidence.js';

export interface SummaryActionInput {
  readonly contractPath: string;
  readonly policyPath: string | undefined;
  readonly resultKeyPath: string | undefined;
}

/** @throws CleanroomError as receiveSummary */
export async function fetchSummary(
  environment: Environment,
  input: SummaryActionInput,
): Promise<ReceivedSummary> {
  const { profile, directory } = environment;
  const parsed = await readContract(input.contractPath, directory);
  const consents = await findConsents(resolve(directory, input.contractPath));
  const key = await readPartyKey(input.resultKeyPath ?? partyKeyPath(directory, profile.party, 'result'));
  const policyPath = await policyBesideContract(resolve(directory, input.contractPath), input.policyPath);
  const policy = policyPath === undefined ? null : await readTextBounded(policyPath, 16 * 1024 * 1024);
  const hostData = policy === null ? undefined : sha256Hex(policy);
  return receiveSummary(
    { parsed, resultKey: key.privateKey },
    {
      blobs: await environment.services.blobs(),
      clock: () => new Date(),
      seen: openSeenResults(resolve(directory, input.contractPath), parsed.digest),
      verify: (bundle, beside) =>
        verifyRoomEvidence(bundle, {
          parsed,
          profile,
          consents,
          ...beside,
          hostData,
          resultAsked: true,
          required: CHECKS_OF_RECIPIENT,
        }),
      verifyRefusal: (bundle) => verifyRoomEvidence(bundle, { parsed, profile, consents, hostData }),
    },
  );
}
