// What a verification asks, and therefore what has to be proven.

import type { CheckId } from '../attestation/check-ids.js';
import type { Scope, StatementId } from '../base/verdict/statement.js';
import type { EvidencePieces } from './evidence-pieces.js';
import { STATEMENT_CHECKS } from './release-statements.js';
import { checksOfStated } from './stated.js';
import { isStatementId } from './statements.js';
import type { VerificationPlan } from './verification-plan.js';

export interface Question {
  readonly scope: Scope;
  readonly statements: ReadonlySet<StatementId>;
  /** Checks that have to have been made and passed besides. */
  readonly checks: ReadonlySet<string>;
  /** Those of `checks` that the verifier stated a value for: one that cannot be made has failed. */
  readonly stated: readonly CheckId[];
}

const OF_SCOPE: Readonly<Record<Scope, readonly StatementId[]>> = {
  room: ['HARDWARE', 'GUEST'],
  report: ['HARDWARE'],
  service: ['SERVICE'],
  endorsement: [],
  chain: [],
  release: [],
};

/* Scopes that no statement covers: an endorsement, a chain or a service’s release alone is genuine or not, and says nothing
   about a room. */
const CHECKS_OF_SCOPE: Readonly<Partial<Record<Scope, readonly CheckId[]>>> = {
  endorsement: [
    ...(['UVM_FORMAT', 'UVM_ALG', 'UVM_CHAIN', 'UVM_CERT_TIME', 'UVM_DID', 'UVM_SIGNATURE'] as const),
    ...(['UVM_FEED', 'UVM_PAYLOAD', 'UVM_SVN'] as const),
  ],
  chain: ['ENDORSEMENT_FORMAT', 'ROOT_PINNED', 'CHAIN_NAMES', 'CHAIN', 'CERT_TIME', 'VCEK_PROFILE'],
  release: STATEMENT_CHECKS,
};

const OF_CONTRACT: readonly StatementId[] = ['HARDWARE', 'GUEST', 'POLICY', 'PROGRAM', 'CONTRACT', 'CONSENT'];

/** The question that a plan asks of evidence. Only the scope may follow from which kind of evidence there is. */
export function questionOf(pieces: EvidencePieces, plan: VerificationPlan): Question {
  const scope = plan.scope ?? (plan.contract === undefined ? scopeOf(pieces) : 'room');
  const statements = new Set<StatementId>([
    ...OF_SCOPE[scope],
    ...(plan.contract === undefined ? [] : OF_CONTRACT),
    ...(plan.resultAsked ? (['RESULT'] as const) : []),
    ...statedStatements(pieces, plan, scope),
    ...plan.required.filter(isStatementId),
  ]);
  const stated = checksOfStated(plan.stated, scope);
  const checks = new Set<string>([
    ...(CHECKS_OF_SCOPE[scope] ?? []),
    ...stated,
    ...plan.required.filter((id) => !isStatementId(id)),
  ]);
  return { scope, statements, checks, stated };
}

function scopeOf({ form, parts, token, statements = [] }: EvidencePieces): Scope {
  if (form === 'bundle' || parts.report !== undefined) return 'room';
  if (token !== undefined) return 'service';
  if (parts.uvm !== undefined) return 'endorsement';
  return statements.length > 0 && parts.endorsements === undefined ? 'release' : 'chain';
}

/* A policy and freshness that were asked for: of a token they are claims, which are stated checks already. */
function statedStatements(
  { parts }: EvidencePieces,
  { expectations }: VerificationPlan,
  scope: Scope,
): readonly StatementId[] {
  if (scope !== 'room' && scope !== 'report') return [];
  const aboutPolicy = scope === 'room' && (parts.policy !== undefined || expectations.hostData !== undefined);
  const aboutTime = expectations.nonce !== undefined || expectations.maxAgeMs !== undefined;
  return [...(aboutPolicy ? (['POLICY'] as const) : []), ...(aboutTime ? (['FRESH'] as const) : [])];
}
