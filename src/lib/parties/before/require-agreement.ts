// The gate of accept, encrypt, key create, key rotate and deploy: one question over the policy that was recomputed here, and
// nothing goes on unless all that it demands is proven.

import type { ParsedContract } from '../../contract/check.js';
import type { FoundConsent } from '../../contract/consent.js';
import { programJudge } from '../known-programs.js';
import type { RoomPolicy } from '../room-policy.js';
import type { AgreementEvidence, AgreementQuestion, Unread } from './agreement-evidence.js';
import { type AgreementJudgement, judgeAgreement } from './judge-agreement.js';
import { requireAccepted } from './require-accepted.js';

export interface AgreementGate extends Pick<AgreementQuestion, 'signers'> {
  readonly parsed: ParsedContract;
  /** Recomputed here, with the images that it was recomputed from. */
  readonly recomputed: RoomPolicy;
  /** The text that was handed over with the contract; null where none was. */
  readonly handedOver: string | null;
  readonly consents: readonly FoundConsent[];
  /** By dataset; those that are not there will be made with the release policy that cleanroom writes. */
  readonly keys?: AgreementEvidence['keys'];
  readonly party: string;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
  /** What shows every statement, as a command line. */
  readonly hint: string;
}

/** @throws CleanroomError STATEMENT_REFUTED, STATEMENT_UNPROVEN */
export async function requireAgreement(gate: AgreementGate): Promise<AgreementJudgement> {
  const { parsed, recomputed, handedOver, consents, party, signers, trusted } = gate;
  const judgement = judgeAgreement(
    {
      parsed,
      recomputed: { kind: 'read', text: recomputed.policy.text },
      file: handedOver === null ? NOT_GIVEN : { kind: 'read', text: handedOver },
      keys: gate.keys ?? plannedKeys(parsed),
      room: NOTHING_RUNS,
      hostData: NOTHING_RUNS,
      consents,
      judgeProgram: await programJudge(parsed, { trusted, images: recomputed.images }),
    },
    { signers, party, required: [] },
  );
  requireAccepted(judgement, gate.hint);
  return judgement;
}

/** Every key as it will be made. */
export function plannedKeys({ contract }: ParsedContract): AgreementEvidence['keys'] {
  return new Map(contract.datasets.map(({ id }) => [id, { kind: 'planned' }]));
}

const NOT_GIVEN: Unread = { kind: 'unread', reason: 'no policy was handed over' };
const NOTHING_RUNS: Unread = { kind: 'unread', reason: 'nothing runs yet' };

/** The command line that shows every statement about a contract. */
export function verifyPolicyCommand(contractPath: string): string {
  return `See every statement: cleanroom verify-policy -f ${contractPath}. Do not continue before the host has explained the difference.`;
}
