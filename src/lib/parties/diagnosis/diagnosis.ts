// What `why` says of a failure: what is so, why, what mends it, and every claim that was compared.

import type { KnownPolicy } from '../../cce-policy/read/policy-model.js';
import type { ParsedContract } from '../../contract/check.js';
import type { ErrorCode } from '../../base/error-codes.js';
import type { ReleasePolicy } from '../../contract/release-policy/grammar.js';

export type DiagnosisKind =
  | 'policy-denial'
  | 'resource-manager-error'
  | 'container-group'
  | 'vault-error'
  | 'attestation-error'
  | 'storage-error'
  | 'attestation-token'
  | 'access-token'
  | 'release'
  | 'cleanroom-error'
  | 'verdict'
  | 'other-document'
  | 'service-error';

/** One value of the failure beside the one that was expected. */
export interface ClaimComparison {
  readonly claim: string;
  readonly expected: string;
  /** Null where there is none. */
  readonly actual: string | null;
  readonly holds: boolean;
  /** Where the expectation comes from: a file that was given, or what every room needs. */
  readonly from: string;
}

export interface Diagnosis {
  readonly kind: DiagnosisKind;
  /** Our code for it; null where we have none. */
  readonly code: ErrorCode | null;
  /** What is so, one sentence. */
  readonly what: string;
  readonly why: readonly string[];
  /** What to do, in this order; usually command lines. */
  readonly fix: readonly string[];
  readonly claims: readonly ClaimComparison[];
}

/** What the failure is compared with, as far as it was given. */
export interface References {
  readonly contract: ParsedContract | null;
  /** The CCE policy that is meant to run. */
  readonly policy: KnownPolicy | null;
  readonly releasePolicy: ReleasePolicy | null;
  /** For times in tokens. */
  readonly now: Date;
  /** File names for the commands that are suggested. */
  readonly names: { readonly contract: string; readonly policy: string };
}

/** References with nothing given. */
export function noReferences(now: Date): References {
  return {
    contract: null,
    policy: null,
    releasePolicy: null,
    now,
    names: { contract: 'contract.yaml', policy: 'policy.rego' },
  };
}
