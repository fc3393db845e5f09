// Name constraints, RFC 5280 §4.2.1.10, on the alternative names of the certificates below the constraining one.

import type { Certificate } from './certificate.js';
import { type AlternativeName, nameConstraints, subjectAltNames } from './extensions.js';

/**
 * Why the names in a chain (leaf first) break a constraint in it, or null. Subtrees of directory names and of
 * types that are not read here are refused as a whole: what cannot be judged does not pass.
 */
export function nameConstraintProblem(chain: readonly Certificate[]): string | null {
  for (const [index, authority] of chain.entries()) {
    const constraints = nameConstraints(authority);
    if (constraints === undefined) continue;
    const all = [...constraints.permitted, ...constraints.excluded];
    if (all.some((base) => base.kind === 'directory' || base.kind === 'other')) {
      return `certificate ${index}: constrains a type of name that is not supported`;
    }
    const names = chain.slice(0, index).flatMap((certificate) => subjectAltNames(certificate));
    const problem = names
      .map((name) => violation(name, constraints.permitted, constraints.excluded))
      .find((found) => found !== null);
    if (problem !== undefined) return `certificate ${index}: ${problem}`;
  }
  return null;
}

function violation(
  name: AlternativeName,
  permitted: readonly AlternativeName[],
  excluded: readonly AlternativeName[],
): string | null {
  if (excluded.some((base) => within(name, base))) return `${name.value} is in an excluded subtree`;
  const ofKind = permitted.filter((base) => base.kind === name.kind);
  if (ofKind.length > 0 && !ofKind.some((base) => within(name, base))) {
    return `${name.value} is in no permitted subtree`;
  }
  return null;
}

function within(name: AlternativeName, base: AlternativeName): boolean {
  if (name.kind !== base.kind) return false;
  const constraint = base.value.toLowerCase();
  if (name.kind === 'email') {
    const mailbox = name.value.toLowerCase();
    return constraint.includes('@')
      ? mailbox === constraint
      : hostWithin(mailbox.split('@').at(-1) ?? '', constraint);
  }
  return hostWithin(name.kind === 'uri' ? hostOf(name.value) : name.value.toLowerCase(), constraint);
}

/* `.example.com` is every host below; `example.com` that host and, for DNS names, every host below. */
function hostWithin(host: string, constraint: string): boolean {
  if (constraint === '') return true;
  if (constraint.startsWith('.')) return host.endsWith(constraint);
  return host === constraint || host.endsWith(`.${constraint}`);
}

function hostOf(uri: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^:/?#]*)/i.exec(uri)?.[1]?.toLowerCase() ?? '';
}
