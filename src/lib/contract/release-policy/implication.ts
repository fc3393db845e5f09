// Whether a release policy demands at least what another demands: clause by clause, value by value, whatever its form.

import {
  type AuthorityBranch,
  type Clause,
  type Condition,
  isClause,
  normaliseAuthority,
  type ReleasePolicy,
} from './grammar.js';

/** Whether the condition cannot hold unless a clause that `accepts` holds. */
export function implies(condition: Condition, accepts: (clause: Clause) => boolean): boolean {
  if (isClause(condition)) return accepts(condition);
  const inner = (part: Condition): boolean => implies(part, accepts);
  return condition.match === 'allOf' ? condition.conditions.some(inner) : condition.conditions.every(inner);
}

/**
 * Whether the condition cannot hold unless `demanded` does. `equals` is implied by the same value (compared as text, as the
 * vault does), a floor by an equal or higher one; no other operator is ever demanded, and so none is implied.
 */
export function impliesClause(condition: Condition, demanded: Clause): boolean {
  return implies(
    condition,
    (clause) => clause.claim === demanded.claim && isAtLeastAsStrict(clause, demanded),
  );
}

/** What `policy` lets through that `demanded` does not, a sentence each; empty where every branch implies every clause. */
export function shortfalls(policy: ReleasePolicy, demanded: ReleasePolicy): readonly string[] {
  return policy.anyOf.flatMap((branch, index): readonly string[] => {
    const same = demanded.anyOf.find(({ authority }) => isSameAuthority(authority, branch));
    if (same === undefined)
      return [`anyOf[${index}]: ${branch.authority} is not an authority that is demanded`];
    return clausesIn(same)
      .filter((clause) => !impliesClause(branch, clause))
      .map((clause) => `anyOf[${index}]: it does not demand ${describeClause(clause)}`);
  });
}

/** A clause in words. */
export function describeClause({ claim, operator, value }: Clause): string {
  return `${claim} ${operator === 'greaterOrEquals' ? 'at least' : operator} ${value}`;
}

function isAtLeastAsStrict(clause: Clause, demanded: Clause): boolean {
  if (demanded.operator === 'equals')
    return clause.operator === 'equals' && String(clause.value) === String(demanded.value);
  if (demanded.operator !== 'greaterOrEquals') return false;
  const [found, floor] = [wholeNumber(clause.value), wholeNumber(demanded.value)];
  const bounds = ['equals', 'greater', 'greaterOrEquals'].includes(clause.operator);
  return bounds && found !== null && floor !== null && found >= floor;
}

function wholeNumber(value: Clause['value']): number | null {
  return typeof value !== 'boolean' && /^-?\d{1,15}$/.test(String(value)) ? Number(value) : null;
}

/* Every clause of a policy that cleanroom demands stands at the top of its branch. */
function clausesIn(branch: AuthorityBranch): readonly Clause[] {
  return branch.conditions.filter(isClause);
}

function isSameAuthority(authority: string, branch: AuthorityBranch): boolean {
  return normaliseAuthority(authority) === normaliseAuthority(branch.authority);
}
