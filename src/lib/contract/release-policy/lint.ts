// Ways in which a release policy lets somebody through who should not be.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { publishedAllowAll } from '../published/allow-all.js';
import type { Finding } from '../../base/verdict/finding.js';
import { ATTESTATION_TYPE, CLAIM, COMPLIANCE_STATUS } from './claims.js';
import { commonTcbFloor, tcbClauses, type TcbFloor } from './build.js';
import {
  type AuthorityBranch,
  type Clause,
  type Condition,
  isClause,
  normaliseAuthority,
  RELEASE_POLICY_VERSION,
  type ReleasePolicy,
} from './grammar.js';
import { describeClause, implies, impliesClause } from './implication.js';
import { parseReleasePolicy } from './parse.js';
import type { Contract } from '../schema.js';
import { CleanroomError } from '../../base/errors.js';

/* Microsoft's regional services, which no customer owns. */
const SHARED_AUTHORITY = /^https:\/\/shared([a-z0-9]+)\.\1\.attest\.azure\.net$/;

/** Whether an attestation service is one of Microsoft's regional ones, which no customer owns. */
export function isSharedAuthority(authority: string): boolean {
  return SHARED_AUTHORITY.test(normaliseAuthority(authority));
}

const AZURE_AUTHORITY = /^https:\/\/[a-z0-9-]+\.[a-z0-9]+\.attest\.azure\.net$/;

export interface ReleasePolicyExpectations {
  /** Authorities that the contract names; absent: only Microsoft's shared ones are good. */
  readonly authorities?: readonly string[];
  /** Whether the contract is for a local Azure, whose attestation service is this machine's; no if absent. */
  readonly emulated?: boolean;
  /** Hash of the CCE policy that the contract and images give. */
  readonly policyHash?: Sha256Hex;
  /** Least GUEST_SVN that is demanded; 1 if absent: a floor of nothing is none. */
  readonly guestSvn?: number;
  /** Floors of the TCB that are demanded; absent: none. */
  readonly minTcb?: TcbFloor;
}

/** What a contract demands of the release policies of its keys. */
export function releaseExpectations(
  { attestation, trust }: Contract,
  policyHash: Sha256Hex | null,
): ReleasePolicyExpectations {
  return {
    authorities: attestation.authorities,
    emulated: trust !== undefined,
    guestSvn: attestation.guestSvn,
    minTcb: commonTcbFloor(attestation),
    ...(policyHash === null ? {} : { policyHash }),
  };
}

/**
 * Why a key with that release policy is not released to this room alone, by the contract; empty where it is. The one
 * judgement of release policies that a contract is at hand for.
 *
 * @param text - JSON of the release policy; null: the key has none.
 */
export function releasePolicyProblems(
  text: string | null,
  contract: Contract,
  policyHash: Sha256Hex,
): readonly string[] {
  if (text === null) return ['the key has no release policy'];
  try {
    return lintReleasePolicy(parseReleasePolicy(text), releaseExpectations(contract, policyHash))
      .filter(({ severity }) => severity === 'error')
      .map(({ where, message }) => `${where}: ${message}`);
  } catch (cause) {
    if (cause instanceof CleanroomError) return [cause.message];
    throw cause;
  }
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
];

/** Findings of a policy, branch by branch; empty where each branch demands all that docs/design.md#artefacts lists. */
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
      ...lintFloors(branch, `anyOf[${index}]`, expectations),
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
  { authorities, emulated = false }: ReleasePolicyExpectations,
): readonly Finding[] {
  const authority = normaliseAuthority(branch.authority);
  if (authorities?.some((known) => normaliseAuthority(known) === authority) === true)
    return emulated || isSharedAuthority(authority) ? [] : [ownedAuthority(authority, where)];
  if (authorities === undefined && isSharedAuthority(authority)) return [];
  const message =
    authorities !== undefined
      ? `${authority} is not an authority of the contract: its operator can make a token that gets the key`
      : AZURE_AUTHORITY.test(authority)
        ? `${authority} is a private attestation provider: its owner sets its policy and signer`
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
    message: `${authority} is not a shared regional service of Microsoft: its owner sets its policy and its signer, and can make a token that gets the key`,
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

/* A floor below the contract's is none: values are compared, not names. */
function lintFloors(
  branch: AuthorityBranch,
  where: string,
  { guestSvn = 1, minTcb = {} }: ReleasePolicyExpectations,
): readonly Finding[] {
  const guest: Clause = { claim: CLAIM.guestSvn, operator: 'greaterOrEquals', value: guestSvn };
  const missing = (id: string, clause: Clause, without: string): readonly Finding[] =>
    impliesClause(branch, clause)
      ? []
      : [
          {
            id,
            severity: 'error',
            where,
            message: `it does not demand ${describeClause(clause)}: ${without}`,
            fix: 'Make a key with the policy that cleanroom writes: cleanroom key create -f contract.yaml',
          },
        ];
  return [
    ...missing('RELEASE_POLICY_GUEST_SVN', guest, 'an outdated utility VM gets the key'),
    ...tcbClauses(minTcb).flatMap((clause) =>
      missing('RELEASE_POLICY_TCB', clause, 'a processor with firmware older than agreed gets the key'),
    ),
  ];
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
