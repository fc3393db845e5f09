// What is at hand before anything runs: contract, policies, keys, signatures, and a room where one was named.

import type { Check } from '../../base/verdict/check.js';
import type { ParsedContract } from '../../contract/check.js';
import type { FoundConsent } from '../../contract/consent.js';
import type { ProgramOpinion } from '../../evidence/verification-plan.js';

/** What could not be had, and why: its checks are listed as skipped. */
export interface Unread {
  readonly kind: 'unread';
  readonly reason: string;
}

/** What was had and does not hold: its check fails. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

/** A policy's text. */
export interface ReadPolicy {
  readonly kind: 'read';
  readonly text: string;
}

/** What a dataset's key says about its release. */
export interface ReadKey {
  readonly kind: 'read';
  /** JSON text of the release policy; null where the key has none. */
  readonly releasePolicy: string | null;
  readonly immutable: boolean | null;
}

/** A key that is not there yet, or gets a new version: its release policy will be the one that cleanroom writes. */
export interface PlannedKey {
  readonly kind: 'planned';
}

/** What a dataset's owner signed of the key that it sealed to: no policy, but its digest. */
export interface StatedKey {
  readonly kind: 'stated';
  /** `releasePolicyDigest` of the key's release policy; null where the owner did not say. */
  readonly sha256: string | null;
  readonly immutable: boolean | null;
}

export interface ReadRoom {
  readonly kind: 'read';
  readonly name: string;
  /** As the platform tells it; null for a group without a policy. */
  readonly ccePolicy: string | null;
}

export interface AgreementEvidence {
  readonly parsed: ParsedContract;
  /** The policy recomputed from contract and images. */
  readonly recomputed: ReadPolicy | Unread;
  /** A policy that was handed over: compared, never trusted. */
  readonly file: ReadPolicy | Unread;
  /** By dataset id. */
  readonly keys: ReadonlyMap<string, ReadKey | StatedKey | PlannedKey | Unread>;
  readonly room: ReadRoom | Unread;
  /** HOST_DATA of a report of the room that was verified, hex. */
  readonly hostData: string | Unread | Refused;
  readonly consents: readonly FoundConsent[];
  /** Checks that were made of the file in which all this came. */
  readonly further?: readonly Check[];
  /** What this installation knows of the program that a policy's text admits. */
  readonly judgeProgram: (policy: string) => ProgramOpinion;
}

/** What has to be proven besides PROGRAM and CONTRACT. */
export interface AgreementQuestion {
  /**
   * Parties that must have signed by now; `demanded`: as many as the contract demands; `listed`: CONSENT is shown, and
   * demanded of nobody.
   */
  readonly signers: readonly string[] | 'demanded' | 'listed';
  /** Whose own keys have to be bound to this policy; null where nobody says who asks. */
  readonly party: string | null;
  /** Statements and checks that are demanded besides. */
  readonly required: readonly string[];
}
