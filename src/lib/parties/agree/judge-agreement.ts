// The gate before anything is signed, sealed or deployed: is the agreed program one that this installation knows, is the
// policy bound to this contract alone, and has everybody signed whose turn has passed?

import { CheckList, type Check } from '../../base/verdict/check.js';
import type { Judgement, Statement, StatementId } from '../../base/verdict/statement.js';
import { CleanroomError } from '../../base/errors.js';
import type { FoundConsent } from '../../contract/consent.js';
import type { ParsedContract } from '../../contract/parse.js';
import { appraiseConsent } from '../../contract/sign-consent.js';
import { contractPinProblem } from '../../cce-policy/read/contract-pin.js';
import { parsePolicy } from '../../cce-policy/read/policy-model.js';
import { programJudge } from '../known-programs.js';

export interface Agreement {
  readonly parsed: ParsedContract;
  /** The policy that was handed over: compared, never trusted. */
  readonly policyText: string;
  readonly consents: readonly FoundConsent[];
  /** Ids of the parties that must have signed by now. */
  readonly signers: readonly string[];
}

/** The judgement over an offer or a reply: PROGRAM, CONTRACT, CONSENT; of scope `before`, and none about a room. */
export async function judgeAgreement({
  parsed,
  policyText,
  consents,
  signers,
}: Agreement): Promise<Judgement> {
  const checks = new CheckList();
  const opinion = (await programJudge(parsed))(policyText);
  // What cannot be rebuilt here is not refuted, and not known either: PROGRAM is unproven, and nobody signs.
  if (opinion.kind === 'unknown') checks.skip('PROGRAM_KNOWN', { reason: opinion.text });
  else checks.record('PROGRAM_KNOWN', opinion.kind === 'known', { actual: opinion.text });
  const problem = contractPinProblem(parsePolicy(policyText), parsed.digest);
  checks.record('CONTRACT_PINNED', problem === null, {
    expected: parsed.digest,
    actual: problem ?? parsed.digest,
  });
  const signed = appraiseConsent(parsed, consents).signers;
  const missing = signers.filter((id) => !signed.includes(id));
  checks.record('CONSENT_SIGNED', missing.length === 0, {
    expected: signers.join(', '),
    actual: signed.join(', ') || 'nobody',
  });
  const list = checks.list();
  const statements = [
    statement('PROGRAM', list, 'PROGRAM_KNOWN', {
      proven: `every container that the policy admits is named: ${opinion.text}`,
      refuted: `the policy admits what this installation does not know: ${opinion.text}`,
    }),
    statement('CONTRACT', list, 'CONTRACT_PINNED', {
      proven: 'a room under this policy can run under this contract and under no other',
      refuted: `a room under this policy could run under another contract: ${problem ?? ''}`,
    }),
    statement('CONSENT', list, 'CONSENT_SIGNED', {
      proven: `the contract is signed by ${signed.join(', ')}`,
      refuted: `the contract is not signed by ${missing.join(', ')}`,
    }),
  ];
  return judgementOf(parsed, statements, list);
}

/** @throws CleanroomError STATEMENT_REFUTED, STATEMENT_UNPROVEN naming what does not hold */
export function requireAccepted({ verdict, statements }: Judgement): void {
  if (verdict === 'accepted') return;
  const status = verdict === 'refused' ? 'refuted' : 'unproven';
  const failed = statements.filter((one) => one.status === status);
  throw new CleanroomError(
    verdict === 'refused' ? 'STATEMENT_REFUTED' : 'STATEMENT_UNPROVEN',
    failed.map(({ id, text }) => `${id}: ${text}`).join('; '),
  );
}

interface Sentences {
  readonly proven: string;
  readonly refuted: string;
}

function statement(
  id: StatementId,
  checks: readonly Check[],
  check: string,
  { proven, refuted }: Sentences,
): Statement {
  const status = checks.find((one) => one.id === check)?.status ?? 'skip';
  const common = { id, demanded: true, checks: [check] };
  switch (status) {
    case 'pass':
      return { ...common, status: 'proven', text: proven };
    case 'fail':
      return { ...common, status: 'refuted', text: refuted };
    case 'skip':
      return {
        ...common,
        status: 'unproven',
        text: refuted,
        missing: 'the parts of the room in the cache: cleanroom image build --out room.oci.tar',
      };
  }
}

function judgementOf(
  { contract }: ParsedContract,
  statements: readonly Statement[],
  checks: readonly Check[],
): Judgement {
  const has = (status: Statement['status']): boolean => statements.some((one) => one.status === status);
  const verdict = has('refuted') ? 'refused' : has('unproven') ? 'unproven' : 'accepted';
  const emulated = contract.trust !== undefined;
  return {
    verdict,
    trust: verdict === 'accepted' && emulated ? 'emulated' : null,
    checkedAgainst: emulated ? 'emulated roots' : 'pinned roots',
    scope: 'before',
    statements,
    checks,
    warnings: [],
  };
}
