// `verify-policy`: is this the policy that contract and images make, whose code does it admit, who has signed, and do file, key
// and room keep to it? Works with what is at hand and lists what it could not check.

import { EXIT } from '../base/error-codes.js';
import type { Check } from '../base/verdict/check.js';
import type { Environment } from '../ports/environment.js';
import { type AgreementJudgement, judgeAgreement } from './before/judge-agreement.js';
import { DEMANDABLE_BEFORE } from './before/statements.js';
import { readContract } from './environment.js';
import { collectPolicyEvidence, type PolicyEvidenceRequest } from './policy-evidence.js';
import { readRequired } from './required-checks.js';

export interface VerifyPolicyRequest extends Omit<PolicyEvidenceRequest, 'parsed'> {
  /** Ids of statements and checks, as `--require` has them: several in one, by commas. */
  readonly require: readonly string[];
}

export interface PolicyVerification extends AgreementJudgement {
  /** 0; 4 where only lint or the policy file fails; 5 where anything else does, or could not be proven. */
  readonly exitCode: number;
  /** Whether the room that was named has no policy at all. */
  readonly plain: boolean;
}

/** @throws CleanroomError USAGE for an unknown id and where no policy is at hand; as collectPolicyEvidence and readContract */
export async function verifyPolicy(request: VerifyPolicyRequest): Promise<PolicyVerification> {
  const required = readRequired(request.require, DEMANDABLE_BEFORE);
  const parsed = await readContract(request.contractPath);
  const evidence = await collectPolicyEvidence({ ...request, parsed });
  const party = partyOf(request.environment);
  const judgement = judgeAgreement(evidence, { signers: 'listed', party, required });
  const plain = evidence.room.kind === 'read' && evidence.room.ccePolicy === null;
  return { ...judgement, exitCode: exitCodeOf(judgement), plain };
}

function partyOf(environment: Environment | null): string | null {
  return environment?.profile.party ?? null;
}

/* Lint and drift are for the author of the policy to mend; all else says that somebody would be trusted wrongly. */
const UNSAFE: ReadonlySet<string> = new Set(['POLICY_LINT', 'POLICY_FILE']);

/** The exit code of a judgement over a policy. */
export function exitCodeOf({ verdict, checks }: Pick<AgreementJudgement, 'verdict' | 'checks'>): number {
  if (verdict === 'accepted') return EXIT.ok;
  const failed = checks.filter(({ status }: Check) => status === 'fail').map(({ id }) => id);
  return failed.length > 0 && failed.every((id) => UNSAFE.has(id)) ? EXIT.unsafe : EXIT.refused;
}
