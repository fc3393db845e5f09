// Ways in which a release policy lets somebody through who should not be.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { publishedAllowAll } from '../published/allow-all.js';
import type { Finding } from '../../base/verdict/finding.js';
import { ATTESTATION_TYPE, CLAIM, COMPLIANCE_STATUS } from './claims.js';
import {
  type AuthorityBranch,
  type Clause,
  type Condition,
  isClause,
  normaliseAuthority,
  RELEASE_POLICY_VERSION,
  type ReleasePolicy,
} from './grammar.js';

/* Microsoft's regional services, which no customer owns. */
const SHARED_AUTHORITY = /^https:\/\/shared([a-z0-9]+)\.\1\.attest\.azure\.net$/;
const AZURE_AUTHORITY = /^https:\/\/[a-z0-9-]+\.[a-z0-9]+\.attest\.azure\.net$/;

export interface ReleasePolicyExpectations {
  /** Authorities that the contract names; absent: only Microsoft's shared ones are good. */
  readonly authorities?: readonly string[];
  /** Hash of the CCE policy that the contract and images give. */
  readonly policyHash?: Sha256Hex;
}

interface RequiredClause {
  readonly id: string;
  readonly claim: string;
  readonly demanded: string;
  readonly without: string;
  holds(clause: Clause): boolean;
}

const REQUIRED: readonly RequiredClause[] = [
  required('ATTESTATION_TYPE', CLAIM.attestationType, ATTESTATION_TYPE, 'any kind of enclave gets the key'),
  required(
    'COMPLIANCE',
    CLAIM.complianceStatus,
    COMPLIANCE_STATUS,
    'a utility VM not from Microsoft gets the key',
  ),
  required(
    'DEBUGGABLE',
    CLAIM.debuggable,
    'false',
    'the host may read the memory of the VM that gets the key',
  ),
  required(
    'MIGRATION',
    CLAIM.migrationAllowed,
    'false',
    'a migration agent may move the VM that gets the key',
  ),
  required('VMPL', CLAIM.vmpl, '0', 'a report asked for by the host (VMPL 0xFFFFFFFF) gets the key'),
  {
    id: 'HOST_DATA',
    claim: CLAIM.hostData,
    demanded: 'equals the hash of the CCE policy',
    without: 'any container group gets the key',
    holds: ({ operator, value }) => operator === 'equals' && /^[0-9a-f]{64}$/.test(String(value)),
  },
  {
    id: 'GUEST_SVN',
    claim: CLAIM.guestSvn,
    demanded: 'at least the guest SVN of the contract',
    without: 'an outdated utility VM gets the key',
    holds: ({ operator }) => ['equals', 'greater', 'greaterOrEquals'].includes(operator),
  },
];

/** Findings of a policy, branch by branch; empty where each branch demands all that DESIGN §3 lists. */
export function lintReleasePolicy(
  policy: ReleasePolicy,
  expectations: ReleasePolicyExpectations = {},
): readonly Finding[] {
  const version: readonly Finding[] =
    policy.version === RELEASE_POLICY_VERSION
      ? []
      : [
          {
            id: 'RELEASE_POLICY_VERSION',
            severity: 'warning',
            where: 'version',
            message: `version ${policy.version} is an old spelling`,
            fix: `Write version ${RELEASE_POLICY_VERSION}.`,
          },
        ];
  return [
    ...version,
    ...policy.anyOf.flatMap((branch, index) => [
      ...lintAuthority(branch, `anyOf[${index}]`, expectations),
      ...lintClauses(branch, `anyOf[${index}]`),
      ...lintHostData(branch, `anyOf[${index}]`, expectations),
    ]),
  ];
}

/** The HOST_DATA values under which a branch can hold; null where it does not bound them. */
export function admittedHostData(branch: AuthorityBranch): readonly string[] | null {
  return admittedBy({ match: branch.match, conditions: branch.conditions });
}

function admittedBy(condition: Condition): readonly string[] | null {
  if (isClause(condition)) {
    const bounds = condition.claim === CLAIM.hostData && condition.operator === 'equals';
    return bounds ? [String(condition.value)] : null;
  }
  const parts = condition.conditions.map(admittedBy);
  if (condition.match === 'anyOf') return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
  const bounded = parts.filter((part) => part !== null);
  const [first, ...rest] = bounded;
  return first === undefined ? null : first.filter((value) => rest.every((part) => part.includes(value)));
}

function lintAuthority(
  branch: AuthorityBranch,
  where: string,
  { authorities }: ReleasePolicyExpectations,
): readonly Finding[] {
  const authority = normaliseAuthority(branch.authority);
  if (authorities?.some((known) => normaliseAuthority(known) === authority) === true) {
    return AZURE_AUTHORITY.test(authority) && !SHARED_AUTHORITY.test(authority)
      ? [ownedAuthority(authority, where)]
      : [];
  }
  if (authorities === undefined && SHARED_AUTHORITY.test(authority)) return [];
  const message =
    authorities !== undefined
      ? `${authority} is not an authority of the contract: whoever runs it can make a token that gets the key`
      : AZURE_AUTHORITY.test(authority)
        ? `${authority} is somebody's own attestation provider: its owner sets its policy and signer`
        : `${authority} is not an Azure attestation service: its owner can make a token that gets the key`;
  return [
    {
      id: 'RELEASE_POLICY_AUTHORITY',
      severity: 'error',
      where: `${where}.authority`,
      message,
      fix: 'Make a key whose policy names a shared regional service that no party owns.',
    },
  ];
}

/* The parties agreed to it, and still one of them may own it. */
function ownedAuthority(authority: string, where: string): Finding {
  return {
    id: 'RELEASE_POLICY_AUTHORITY_OWNED',
    severity: 'error',
    where: `${where}.authority`,
    message: `${authority} is a provider of somebody's own: whoever owns it sets its policy and its signer, and makes a token that gets the key`,
    fix: 'Name a shared regional service (https://sharedweu.weu.attest.azure.net) in the contract; no party owns those.',
  };
}

function lintClauses(branch: AuthorityBranch, where: string): readonly Finding[] {
  return REQUIRED.filter(
    (rule) => !implies(branch, (clause) => clause.claim === rule.claim && rule.holds(clause)),
  ).map((rule): Finding => ({
    id: `RELEASE_POLICY_${rule.id}`,
    severity: 'error',
    where,
    message: `${rule.claim} is not demanded to be ${rule.demanded}: ${rule.without}`,
    fix: 'Make a key with the policy that cleanroom writes: cleanroom key create -f contract.yaml',
  }));
}

function lintHostData(
  branch: AuthorityBranch,
  where: string,
  { policyHash }: ReleasePolicyExpectations,
): readonly Finding[] {
  return (admittedHostData(branch) ?? []).flatMap((hash): readonly Finding[] => {
    const finding = {
      severity: 'error',
      where,
      fix: 'Bind the key to the hash of the reviewed policy.',
    } as const;
    const published = publishedAllowAll(hash);
    if (published !== null) {
      const message = `${hash} is a published policy that allows everything (${published.source}): any container gets the key`;
      return [{ ...finding, id: 'RELEASE_POLICY_ALLOW_ALL', message }];
    }
    if (policyHash !== undefined && hash !== policyHash) {
      const message = `admits HOST_DATA ${hash}, which is not the policy of the contract (${policyHash})`;
      return [{ ...finding, id: 'RELEASE_POLICY_OTHER_HASH', message }];
    }
    return [];
  });
}

/* Whether the condition cannot hold unless a clause that `accepts` holds. */
function implies(condition: Condition, accepts: (clause: Clause) => boolean): boolean {
  if (isClause(condition)) return accepts(condition);
  const inner = (part: Condition): boolean => implies(part, accepts);
  return condition.match === 'allOf' ? condition.conditions.some(inner) : condition.conditions.every(inner);
}

function required(id: string, claim: string, demanded: string, without: string): RequiredClause {
  return {
    id,
    claim,
    demanded,
    without,
    holds: ({ operator, value }) => operator === 'equals' && String(value) === demanded,
  };
}
