// Before anything is signed, sealed or deployed: is the agreed program one that this installation knows, is the policy the one
// that contract and images make, is it bound to this contract alone, who has signed, and who would get the keys? The same
// question for verify-policy, accept, encrypt, key create and deploy (docs/design.md#statements).

import { lintPolicy } from '../../cce-policy/lint/lint-policy.js';
import type { Finding as PolicyFinding } from '../../cce-policy/lint/finding.js';
import type { PolicyDifference } from '../../cce-policy/compare/difference.js';
import { type Check, CheckList } from '../../base/verdict/check.js';
import type { Judgement } from '../../base/verdict/statement.js';
import type { AgreementEvidence, AgreementQuestion } from './agreement-evidence.js';
import { checkConsent, checkKeys } from './party-checks.js';
import {
  checkContractPinned,
  checkHostData,
  checkLint,
  checkNotPublic,
  checkSameBytes,
  type JudgedPolicy,
  policyToJudge,
} from './policy-checks.js';
import { CHECKS_BEFORE, type Demanded, judgeBefore, STATEMENTS_BEFORE_IDS } from './statements.js';

export interface AgreementJudgement extends Judgement {
  /** Hash of the policy that was judged: the recomputed one where images were at hand, else the file's, else the room's. */
  readonly policyHash: string;
  readonly findings: readonly PolicyFinding[];
  /** Where file or room differ from the judged policy. */
  readonly differences: readonly PolicyDifference[];
}

/** Judges what is at hand; nothing is read here. @throws CleanroomError USAGE where no policy is at hand */
export function judgeAgreement(evidence: AgreementEvidence, question: AgreementQuestion): AgreementJudgement {
  const judged = policyToJudge(evidence);
  const { contract } = evidence.parsed;
  const checks = new CheckList();
  checkProgram(checks, evidence, judged);
  const differences = checkSameBytes(checks, evidence, judged);
  checkHostData(checks, evidence, judged);
  checkNotPublic(checks, evidence, judged);
  const findings = lintPolicy(judged.policy, { trustedWithKeys: contract.room.trustedWithKeys ?? [] });
  checkLint(checks, findings);
  checkContractPinned(checks, evidence, judged);
  checkConsent(checks, evidence, question);
  checkKeys(checks, evidence, question, judged);
  const emulated = contract.trust !== undefined;
  const made = [...checks.list(), ...(evidence.further ?? [])];
  const judgement = judgeBefore(withSpecs(made), demandedBy(evidence, question), { emulated });
  return { ...judgement, policyHash: judged.policy.hash, findings, differences };
}

/* What cannot be rebuilt here is not refuted, and not known either: PROGRAM is unproven, and nobody signs. */
function checkProgram(checks: CheckList, { judgeProgram }: AgreementEvidence, { text }: JudgedPolicy): void {
  const opinion = judgeProgram(text);
  if (opinion.kind === 'unknown') checks.skip('PROGRAM_KNOWN', { reason: opinion.text });
  else checks.record('PROGRAM_KNOWN', opinion.kind === 'known', { actual: opinion.text });
}

function demandedBy(
  { parsed: { contract } }: AgreementEvidence,
  { signers, party, required }: AgreementQuestion,
): Demanded {
  const ownsOne = contract.datasets.some(({ owner }) => owner === party);
  const isStatement = (id: string): boolean => STATEMENTS_BEFORE_IDS.some((known) => known === id);
  return {
    statements: new Set([
      'PROGRAM',
      'CONTRACT',
      ...(signers === 'listed' ? [] : ['CONSENT']),
      ...(ownsOne ? ['KEYS'] : []),
      ...required.filter(isStatement),
    ]),
    checks: new Set(required.filter((id) => !isStatement(id))),
  };
}

function withSpecs(checks: readonly Check[]): readonly Check[] {
  const known: Readonly<Record<string, { readonly spec: string } | undefined>> = CHECKS_BEFORE;
  return checks.map((check) => {
    const spec = check.spec ?? known[check.id]?.spec;
    return spec === undefined ? check : { ...check, spec };
  });
}
