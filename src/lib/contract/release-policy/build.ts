// The release policy that a data owner's key is bound to (docs/design.md#artefacts).

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { publishedAllowAll } from '../published/allow-all.js';
import type { Contract } from '../schema.js';
import { CleanroomError } from '../../base/errors.js';
import { ATTESTATION_TYPE, CLAIM, COMPLIANCE_STATUS } from './claims.js';
import {
  type AuthorityBranch,
  type Clause,
  type NonEmpty,
  nonEmpty,
  RELEASE_POLICY_VERSION,
  type ReleasePolicy,
} from './grammar.js';

/** Least security version numbers of the reported TCB, one claim each. */
export interface TcbFloor {
  readonly bootloader?: number | undefined;
  readonly tee?: number | undefined;
  readonly snp?: number | undefined;
  readonly microcode?: number | undefined;
}

export interface ReleasePolicyInput {
  /** SHA-256 of the CCE policy text: the room's HOST_DATA. */
  readonly policyHash: Sha256Hex;
  /** https URLs of the attestation services whose tokens are believed; at least one. */
  readonly authorities: readonly string[];
  /** Least GUEST_SVN of the SNP report. */
  readonly guestSvn: number;
  /** Absent: no floor on the TCB in the policy. */
  readonly minTcb?: TcbFloor;
}

/**
 * Builds the policy: one branch an authority, each with every clause. Strings and not JSON booleans are compared
 * for the flags, as Microsoft's own policies for ACI do; the service coerces.
 *
 * @throws CleanroomError RELEASE_POLICY_EMPTY where there is no authority.
 */
export function buildReleasePolicy(input: ReleasePolicyInput): ReleasePolicy {
  const conditions = clausesOf(input);
  const branches = nonEmpty(
    input.authorities.map((authority): AuthorityBranch => ({ authority, match: 'allOf', conditions })),
  );
  if (branches === null) {
    throw new CleanroomError('RELEASE_POLICY_EMPTY', 'a release policy needs at least one authority');
  }
  return { version: RELEASE_POLICY_VERSION, anyOf: branches };
}

/**
 * The policy that a contract demands for a room with that CCE policy.
 *
 * @throws CleanroomError POLICY_PUBLIC for the hash of a published policy that allows everything.
 */
export function releasePolicyOf(contract: Contract, policyHash: Sha256Hex): ReleasePolicy {
  const published = publishedAllowAll(policyHash);
  if (published !== null) {
    throw new CleanroomError(
      'POLICY_PUBLIC',
      `${policyHash} is the hash of a published CCE policy that allows everything (${published.source}): any program could have the key`,
    );
  }
  const { authorities, guestSvn } = contract.attestation;
  return buildReleasePolicy({
    policyHash,
    authorities,
    guestSvn,
    minTcb: commonTcbFloor(contract.attestation),
  });
}

/**
 * The floor that every product of the contract has to meet, component by component. Tokens name no product, so where
 * products have different floors the HSM can only hold the lowest; `verify` and `attest` hold each product's own.
 */
export function commonTcbFloor(attestation: Contract['attestation']): TcbFloor {
  const floors = attestation.products.map((product) => attestation.minTcb?.[product] ?? {});
  const lowest = (component: keyof TcbFloor): number | undefined => {
    const least = Math.min(...floors.map((floor) => floor[component] ?? 0));
    return least > 0 ? least : undefined;
  };
  return {
    bootloader: lowest('bootloader'),
    tee: lowest('tee'),
    snp: lowest('snp'),
    microcode: lowest('microcode'),
  };
}

/** A floor of the TCB as clauses, one a component that it names. */
export function tcbClauses({ bootloader, tee, snp, microcode }: TcbFloor): readonly Clause[] {
  const floors: readonly (readonly [string, number | undefined])[] = [
    [CLAIM.bootloaderSvn, bootloader],
    [CLAIM.teeSvn, tee],
    [CLAIM.snpSvn, snp],
    [CLAIM.microcodeSvn, microcode],
  ];
  return floors.flatMap(([claim, floor]) => (floor === undefined ? [] : [atLeast(claim, floor)]));
}

function clausesOf({ policyHash, guestSvn, minTcb = {} }: ReleasePolicyInput): NonEmpty<Clause> {
  return [
    equals(CLAIM.attestationType, ATTESTATION_TYPE),
    equals(CLAIM.complianceStatus, COMPLIANCE_STATUS),
    equals(CLAIM.hostData, policyHash),
    equals(CLAIM.debuggable, 'false'),
    equals(CLAIM.migrationAllowed, 'false'),
    equals(CLAIM.vmpl, '0'),
    atLeast(CLAIM.guestSvn, guestSvn),
    ...tcbClauses(minTcb),
  ];
}

function equals(claim: string, value: string): Clause {
  return { claim, operator: 'equals', value };
}

function atLeast(claim: string, value: number): Clause {
  return { claim, operator: 'greaterOrEquals', value };
}
