// The seal statements in a reply: what its sender signed of the keys that its texts are sealed to.

import { type Check, CheckList } from '../../base/verdict/check.js';
import { CleanroomError } from '../../base/errors.js';
import type { ContractDataset } from '../../contract/schema.js';
import { verifySealStatement } from '../../sealed-blob/statement/seal-statement.js';
import type { SealStatement } from '../../contract/seal-statement-form.js';
import { partyOf, type Reply } from '../agree/offer-and-reply.js';
import type { AgreementEvidence, StatedKey, Unread } from '../before/agreement-evidence.js';

export interface ReplySeals {
  readonly keys: AgreementEvidence['keys'];
  /** `SEAL_STATEMENTS`: fails for one that is not the sender's over this contract; without any there is nothing to check. */
  readonly checks: readonly Check[];
}

/** Verifies each statement of a reply. Of a dataset without one, nothing is known. */
export function readSealsOf(reply: Reply): ReplySeals {
  const stated = reply.seals.map((jws) => readOne(jws, reply));
  const problem = stated.find((one) => typeof one === 'string');
  const seals = stated.filter((one) => typeof one !== 'string');
  const checks = new CheckList();
  if (problem !== undefined) checks.fail('SEAL_STATEMENTS', { reason: problem });
  else if (seals.length === 0)
    checks.skip('SEAL_STATEMENTS', { reason: `${reply.party} sent no seal statement` });
  else checks.pass('SEAL_STATEMENTS', { actual: seals.map(({ dataset }) => dataset).join(', ') });
  return {
    keys: new Map(reply.parsed.contract.datasets.map((one) => [one.id, keyOf(one, seals)])),
    checks: checks.list(),
  };
}

/* The statement, or why it is none of the sender's over this contract. */
function readOne(jws: string, { party, parsed }: Reply): SealStatement | string {
  const { contract, digest } = parsed;
  try {
    const statement = verifySealStatement(jws, partyOf(parsed, party).contractKey);
    const dataset = contract.datasets.find(({ id, owner }) => id === statement.dataset && owner === party);
    if (dataset === undefined) return `${statement.dataset} is no dataset of ${party}`;
    if (statement.contract !== digest)
      return `the text of ${statement.dataset} was sealed for another contract`;
    const prefix = `https://${dataset.key.vault}/keys/${dataset.key.name}/`;
    if (statement.key.startsWith(prefix)) return statement;
    return `the text of ${statement.dataset} was sealed to ${statement.key}, and the contract has ${prefix}…`;
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.message;
    throw cause;
  }
}

/* Where there are several, as many as were sealed meanwhile: what one of them leaves open is open. */
function keyOf({ id, owner }: ContractDataset, seals: readonly SealStatement[]): StatedKey | Unread {
  const own = seals.filter(({ dataset }) => dataset === id);
  const [first, ...others] = own.map(({ releasePolicy }) => releasePolicy);
  if (own.length === 0)
    return { kind: 'unread', reason: `the reply has no seal statement of ${owner} for ${id}` };
  if (first === undefined || others.some((other) => !isSame(first, other)))
    return { kind: 'stated', sha256: null, immutable: null };
  return { kind: 'stated', ...first };
}

type Stated = NonNullable<SealStatement['releasePolicy']>;

function isSame(first: Stated, other: SealStatement['releasePolicy']): boolean {
  return other?.sha256 === first.sha256 && other.immutable === first.immutable;
}
