// Statements: the sentences that a verdict proves, refutes or leaves unproven, and the verdict over them.

import type { Check, Trust } from './check.js';

export type StatementId =
  | 'HARDWARE'
  | 'GUEST'
  | 'POLICY'
  | 'PROGRAM'
  | 'CONTRACT'
  | 'CONSENT'
  | 'KEYS'
  | 'RESULT'
  | 'FRESH'
  | 'SERVICE'
  | 'LOGGED';

export type StatementStatus = 'proven' | 'refuted' | 'unproven';

export interface Statement {
  readonly id: StatementId;
  readonly status: StatementStatus;
  /** The sentence. */
  readonly text: string;
  /** Whether the question demands it: the verdict is accepted only if all demanded statements are proven. */
  readonly demanded: boolean;
  /** Ids of the checks that it stands on. */
  readonly checks: readonly string[];
  /** For an unproven statement: what would prove it. */
  readonly missing?: string;
}

/** What the evidence was asked about: the question decides what has to be proven, never the evidence. */
export type Scope = 'room' | 'report' | 'endorsement' | 'chain' | 'service' | 'release';

/** What a verdict is about, by the verifier's own word. */
export interface Subject {
  /** The verifier's own contract; null: she gave none. */
  readonly contract: {
    readonly name: string;
    /** SHA-256 of the RFC 8785 form. */
    readonly digest: string;
    readonly parties: readonly string[];
  } | null;
  /** The time at which validity was judged, RFC 3339. */
  readonly at: string;
  /** The table of reference values that was in use. */
  readonly reference: ReferenceInUse;
}

/** Which table of what is known of firmware, services and ledgers a verdict used. */
export interface ReferenceInUse {
  /** The day that it is of, ISO 8601. */
  readonly date: string;
  /** Its age at the time of judgement, in whole days. */
  readonly ageDays: number;
  /** `package`: this version's own; `update`: a newer one that its maker signed. */
  readonly from: 'package' | 'update';
  /** A table that nobody signed and that was named for this command: SHA-256 of its text, hex. */
  readonly unsigned?: string;
}

export interface Judgement {
  readonly verdict: 'accepted' | 'refused' | 'unproven';
  /** Said of an accepted verdict only; null also where what was asked says nothing about a room. */
  readonly trust: Trust | null;
  /** The roots that the evidence was checked against. */
  readonly checkedAgainst: 'pinned roots' | 'emulated roots';
  /** `before`: what is agreed, before anything runs; no verdict about a room. */
  readonly scope: Scope | 'before';
  readonly statements: readonly Statement[];
  readonly checks: readonly Check[];
  readonly warnings: readonly string[];
}
