// Claims of a token, or those that a room will have, beside what contract, policy and release policy demand.

import type { ParsedContract } from '../../contract/check.js';
import {
  type ReleasePolicyInput,
  buildReleasePolicy,
  releasePolicyOf,
} from '../../contract/release-policy/build.js';
import { ATTESTATION_TYPE, CLAIM, COMPLIANCE_STATUS } from '../../contract/release-policy/claims.js';
import { type Claims, evaluateReleasePolicy } from '../../contract/release-policy/evaluate.js';
import {
  type Clause,
  normaliseAuthority,
  type ReleasePolicy,
} from '../../contract/release-policy/grammar.js';
import type { Sha256Hex } from '../../base/bytes/digest.js';
import type { ClaimComparison, References } from './diagnosis.js';

const PLACEHOLDER = '0'.repeat(64) as Sha256Hex;
/* GUEST_SVN of ACI's utility VM today (docs/design.md#artefacts). */
const ACI_GUEST_SVN = 2;

/** Every demand on a token that can be drawn from the references, the release policy of a key first. */
export function compareClaims(
  claims: Claims,
  issuer: string,
  references: References,
): readonly ClaimComparison[] {
  const { contract, policy, releasePolicy, now } = references;
  return [
    ...compareTimes(claims, now),
    ...(contract === null ? [] : [compareIssuer(issuer, contract)]),
    ...(releasePolicy === null ? [] : compareWithPolicy(releasePolicy, claims, issuer, 'release policy')),
    ...(releasePolicy === null || contract !== null
      ? compareWithDemands(claims, issuer, contract, policy?.hash ?? null)
      : []),
  ];
}

/** Clause by clause; of several branches those of the token's issuer, or all where none is its own. */
export function compareWithPolicy(
  policy: ReleasePolicy,
  claims: Claims,
  issuer: string,
  from: string,
): readonly ClaimComparison[] {
  const { clauses } = evaluateReleasePolicy(policy, claims, issuer);
  const own = clauses.filter(({ authority }) => normaliseAuthority(authority) === normaliseAuthority(issuer));
  const authorities = policy.anyOf.map(({ authority }) => authority);
  return [
    {
      claim: 'iss',
      expected: authorities.join(' or '),
      actual: issuer,
      holds: own.length > 0,
      from,
    },
    ...(own.length > 0 ? own : clauses).map(({ clause, actual, satisfied }) => ({
      claim: clause.claim,
      expected: describeDemand(clause),
      actual,
      holds: satisfied,
      from,
    })),
  ];
}

/* What contract and CCE policy demand; without a contract what every room of ACI has. */
function compareWithDemands(
  claims: Claims,
  issuer: string,
  contract: ParsedContract | null,
  policyHash: Sha256Hex | null,
): readonly ClaimComparison[] {
  const every: ReleasePolicyInput = {
    policyHash: policyHash ?? PLACEHOLDER,
    authorities: [issuer],
    guestSvn: ACI_GUEST_SVN,
  };
  const demanded =
    contract === null
      ? buildReleasePolicy(every)
      : releasePolicyOf(
          { ...contract.contract, attestation: { ...contract.contract.attestation, authorities: [issuer] } },
          policyHash ?? PLACEHOLDER,
        );
  const from = contract === null ? 'every room on ACI' : 'contract';
  return compareWithPolicy(demanded, claims, issuer, from)
    .filter(({ claim }) => claim !== 'iss' && (claim !== CLAIM.hostData || policyHash !== null))
    .map((compared) => (compared.claim === CLAIM.hostData ? { ...compared, from: 'policy' } : compared));
}

function compareIssuer(issuer: string, { contract }: ParsedContract): ClaimComparison {
  const { authorities } = contract.attestation;
  return {
    claim: 'iss',
    expected: authorities.join(' or '),
    actual: issuer,
    holds: authorities.some((authority) => normaliseAuthority(authority) === normaliseAuthority(issuer)),
    from: 'contract',
  };
}

function compareTimes(claims: Claims, now: Date): readonly ClaimComparison[] {
  const [expires, begins] = [claims['exp'], claims['nbf']];
  const seconds = now.getTime() / 1000;
  const at = (time: number): string =>
    Number.isFinite(time) && Math.abs(time) < 8e12 ? new Date(time * 1000).toISOString() : String(time);
  return [
    ...(typeof expires === 'number'
      ? [comparison('exp', `after ${now.toISOString()}`, at(expires), expires > seconds)]
      : []),
    ...(typeof begins === 'number'
      ? [comparison('nbf', `not after ${now.toISOString()}`, at(begins), begins <= seconds + 60)]
      : []),
  ];
}

function comparison(claim: string, expected: string, actual: string, holds: boolean): ClaimComparison {
  return { claim, expected, actual, holds, from: 'clock' };
}

function describeDemand({ operator, value }: Clause): string {
  const words = {
    equals: '',
    notEquals: 'anything but ',
    less: 'less than ',
    lessOrEquals: 'at most ',
    greater: 'more than ',
    greaterOrEquals: 'at least ',
    exists: 'present: ',
  } as const;
  return `${words[operator]}${String(value)}`;
}

/**
 * The claims that a token of the room will carry when it is deployed as contract and policy say, on ACI as it is
 * today. TCB floors of the contract are taken as met: what the machine has is not known before.
 */
export function expectedRoomClaims({ contract }: ParsedContract, policyHash: Sha256Hex): Claims {
  const floors = releasePolicyOf(contract, policyHash).anyOf[0].conditions.flatMap((condition) =>
    'claim' in condition && condition.claim.endsWith('-svn')
      ? [[condition.claim, Number(condition.value)] as const]
      : [],
  );
  return {
    ...Object.fromEntries(floors),
    [CLAIM.attestationType]: ATTESTATION_TYPE,
    [CLAIM.complianceStatus]: COMPLIANCE_STATUS,
    [CLAIM.hostData]: policyHash,
    [CLAIM.debuggable]: false,
    [CLAIM.migrationAllowed]: false,
    [CLAIM.vmpl]: 0,
    [CLAIM.guestSvn]: ACI_GUEST_SVN,
  };
}
