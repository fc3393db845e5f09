// The statements that can be known before anything runs, the checks that each stands on, and the verdict over them.

import { CHECKS } from '../../attestation/check-ids.js';
import type { Check } from '../../base/verdict/check.js';
import type { Judgement, Statement, StatementId } from '../../base/verdict/statement.js';

/** Every check of the scope `before`: what passes, and where that is written down. In the order in which they are shown. */
export const CHECKS_BEFORE = {
  PROGRAM_KNOWN: {
    claim: 'Every container that the policy admits is a known program, and the one that the contract names.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_RECOMPUTED: {
    claim: 'The policy was recomputed here, from the contract and from images that were measured.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_FILE: { claim: 'The policy file has the same bytes.', spec: 'docs/reference/policy.md' },
  ROOM_POLICY: { claim: 'The room’s policy has the same bytes.', spec: 'docs/reference/policy.md' },
  HOST_DATA: { claim: 'The room’s report names this policy.', spec: 'AMD 56860, HOST_DATA' },
  POLICY_NOT_PUBLIC: {
    claim: 'The policy is none of the published ones that allow everything.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_LINT: { claim: 'Lint finds no error in the policy.', spec: 'docs/reference/policy.md' },
  CONTRACT_PINNED: {
    claim: 'The policy pins this contract, by one exact, required rule.',
    spec: 'docs/reference/policy.md',
  },
  CONSENT_SIGNED: {
    claim: 'The parties whose turn has passed have signed.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_EQUIVOCATION: {
    claim: 'No party has signed two versions of the contract.',
    spec: 'docs/reference/contract.md',
  },
  KEY_RELEASE_POLICY: {
    claim: 'Every branch of the key’s release policy implies each clause that the contract demands.',
    spec: 'docs/reference/keys.md',
  },
  KEY_POLICY_IMMUTABLE: {
    claim: 'The key’s release policy cannot be changed.',
    spec: 'docs/reference/keys.md',
  },
  OTHER_KEY_POLICY: {
    claim: 'The same for a key of another party, as far as its release policy can be read.',
    spec: 'docs/reference/keys.md',
  },
  SEAL_STATEMENTS: CHECKS.SEAL_STATEMENTS,
  TRANSFER_KEY: CHECKS.TRANSFER_KEY,
  CONTRACT_SAME: CHECKS.CONTRACT_SAME,
  TRUST_ROOTS: CHECKS.TRUST_ROOTS,
} as const satisfies Readonly<Record<string, { readonly claim: string; readonly spec: string }>>;

export type CheckBefore = keyof typeof CHECKS_BEFORE;
export type StatementBefore = Extract<StatementId, 'PROGRAM' | 'POLICY' | 'CONTRACT' | 'CONSENT' | 'KEYS'>;

interface Entry {
  readonly proven: string;
  readonly refuted: string;
  /** Proven only if each of these was made and passed. */
  readonly needs: readonly CheckBefore[];
  /** Of the same subject: one that failed refutes the statement. */
  readonly also: readonly CheckBefore[];
  /** What would prove it. */
  readonly missing: string;
}

const STATEMENTS_BEFORE: Readonly<Record<StatementBefore, Entry>> = {
  PROGRAM: {
    proven: 'every container that the policy admits is named',
    refuted: 'the policy admits what this installation does not know',
    needs: ['PROGRAM_KNOWN'],
    also: [],
    missing:
      'the parts of the room in the cache (cleanroom image build --out room.oci.tar), or a program that you know yourself (--trust-program)',
  },
  POLICY: {
    proven: 'the policy is the one that contract and images make, on this machine',
    refuted: 'the policy is not the one that was agreed, or is unsafe',
    needs: ['POLICY_RECOMPUTED'],
    also: ['POLICY_FILE', 'ROOM_POLICY', 'HOST_DATA', 'POLICY_NOT_PUBLIC', 'POLICY_LINT'],
    missing: 'the images of the room: --image NAME=ARCHIVE',
  },
  CONTRACT: {
    proven: 'a room under this policy can run under this contract and under no other',
    refuted: 'a room under this policy could run under another contract',
    needs: ['CONTRACT_PINNED'],
    also: ['CONTRACT_SAME'],
    missing: 'a policy',
  },
  CONSENT: {
    proven: 'the parties whose turn has passed have signed the contract',
    refuted: 'the contract is not signed by whom it should be',
    needs: ['CONSENT_SIGNED'],
    also: ['CONSENT_EQUIVOCATION', 'TRANSFER_KEY'],
    missing: 'the signatures of the other parties beside the contract',
  },
  KEYS: {
    proven: 'each key is released, or will be, to a room under this policy alone',
    refuted: 'a key is not bound to this policy alone',
    needs: ['KEY_RELEASE_POLICY'],
    also: ['KEY_POLICY_IMMUTABLE', 'OTHER_KEY_POLICY', 'SEAL_STATEMENTS'],
    missing: 'the release policy of each dataset’s key: from its vault, or --release-policy DATASET=FILE',
  },
};

export const STATEMENTS_BEFORE_IDS = Object.keys(STATEMENTS_BEFORE) as readonly StatementBefore[];

/** Ids of statements and checks that a verification before anything runs can demand. */
export const DEMANDABLE_BEFORE: readonly string[] = [...STATEMENTS_BEFORE_IDS, ...Object.keys(CHECKS_BEFORE)];

export interface Demanded {
  readonly statements: ReadonlySet<string>;
  readonly checks: ReadonlySet<string>;
}

/**
 * Refused if a check failed; accepted if besides every demanded statement is proven and every demanded check passed; else
 * unproven.
 *
 * @param made - every check, those that could not be made as skipped.
 */
export function judgeBefore(
  made: readonly Check[],
  { statements: demanded, checks: required }: Demanded,
  { emulated }: { readonly emulated: boolean },
): Judgement {
  const statements = STATEMENTS_BEFORE_IDS.map((id) => statementOf(id, made, demanded.has(id)));
  const verdict = made.some(({ status }) => status === 'fail')
    ? 'refused'
    : statements.every(({ demanded: asked, status }) => !asked || status === 'proven') &&
        [...required].every((id) => passed(made, id))
      ? 'accepted'
      : 'unproven';
  return {
    verdict,
    trust: verdict === 'accepted' && emulated ? 'emulated' : null,
    checkedAgainst: emulated ? 'emulated roots' : 'pinned roots',
    scope: 'before',
    statements,
    checks: made,
    warnings: [],
  };
}

function statementOf(id: StatementBefore, made: readonly Check[], demanded: boolean): Statement {
  const { proven, refuted, needs, also, missing } = STATEMENTS_BEFORE[id];
  const own = made.filter((check) => [...needs, ...also].some((known) => known === check.id));
  const common = { id, demanded, checks: [...new Set(own.map((check) => check.id))] };
  const failed = own.find(({ status }) => status === 'fail');
  if (failed !== undefined) return { ...common, status: 'refuted', text: sentence(refuted, failed) };
  const open = needs.find((need) => !passed(made, need));
  if (open === undefined) {
    const [first] = own.filter((check) => needs.some((need) => need === check.id));
    return { ...common, status: 'proven', text: sentence(proven, first) };
  }
  const skipped = own.find((check) => check.id === open && check.status === 'skip');
  return {
    ...common,
    status: 'unproven',
    text: `it is not known whether ${proven}${because(skipped)}`,
    missing,
  };
}

/* All of that id: one dataset's key that was not read leaves the sentence about all keys open. */
function passed(made: readonly Check[], id: string): boolean {
  const own = made.filter((check) => check.id === id);
  return own.length > 0 && own.every(({ status }) => status === 'pass');
}

function sentence(text: string, check: Check | undefined): string {
  const detail = check?.reason ?? check?.actual;
  return detail === undefined ? text : `${text}: ${detail}`;
}

function because(check: Check | undefined): string {
  return check?.reason === undefined ? '' : `: ${check.reason}`;
}
