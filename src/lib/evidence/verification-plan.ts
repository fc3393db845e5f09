// What evidence is judged by: the verifier's own question, anchors and expectations, never the evidence's.

import type { Anchors } from '../attestation/anchors.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import type { Expectations } from '../attestation/expectations.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import type { ReferenceInUse, Scope } from '../base/verdict/statement.js';
import type { ParsedContract } from '../contract/check.js';
import type { FoundConsent } from '../contract/consent.js';
import type { ReferenceTable } from '../contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../contract/published/reference-values.js';
import type { KnownPlace } from './receipt-places.js';
import type { SealedBlobKeys } from './receipt-keys.js';
import type { StatedField } from './stated.js';

/** What the verifier's own installation knows of the containers that a policy admits. */
export interface ProgramOpinion {
  /** `different`: it should be a known program and is not; `unknown`: nothing here can tell. */
  readonly kind: 'known' | 'different' | 'unknown';
  /** What was found, or why it is not known. */
  readonly text: string;
}

/** A plan of what the caller says, and of nothing else. */
export function verificationPlan(
  given: Pick<VerificationPlan, 'anchors' | 'expectations' | 'crypto'> & Partial<VerificationPlan>,
): VerificationPlan {
  return {
    stated: [],
    consents: [],
    resultAsked: false,
    tokenKeys: null,
    reference: REFERENCE_VALUES,
    referenceFrom: { from: 'package' },
    crls: [],
    knownPlaces: [],
    required: [],
    emulatedAllowed: false,
    ...given,
  };
}

/** Everything that a verification needs besides the evidence. */
export interface VerificationPlan {
  /** What is asked about; by the evidence's kind where the verifier does not say. */
  readonly scope?: Scope;
  readonly anchors: Anchors;
  readonly expectations: Expectations;
  /** What the verifier stated: a check of it that cannot be made has failed. */
  readonly stated: readonly StatedField[];
  /** The verifier's own contract. */
  readonly contract?: ParsedContract;
  /** Consent signatures that the verifier holds. */
  readonly consents: readonly FoundConsent[];
  /** Whether a result has to be proven. */
  readonly resultAsked: boolean;
  /** Policy hash by which the verifier names the code herself. */
  readonly namedPolicy?: string;
  /** Judges the programs of a policy, given its exact text. */
  readonly judgeProgram?: (policy: string) => ProgramOpinion | Promise<ProgramOpinion>;
  /** Null where the verifier gave no key set; the anchors' own are used then. */
  readonly tokenKeys: readonly ServiceKey[] | null;
  /** Headers of sealed blobs that receipts are compared with. */
  readonly sealed?: readonly SealedBlobKeys[];
  /** What is known of others' firmware, services and ledgers, with its date. */
  readonly reference: ReferenceTable;
  readonly referenceFrom: Pick<ReferenceInUse, 'from' | 'unsigned'>;
  readonly crls: readonly Uint8Array[];
  /** Places of the contract's budget that the verifier knows from elsewhere. */
  readonly knownPlaces: readonly KnownPlace[];
  /** Ids of statements and checks that have to hold besides. */
  readonly required: readonly string[];
  readonly emulatedAllowed: boolean;
  readonly crypto: SignatureCrypto;
}
