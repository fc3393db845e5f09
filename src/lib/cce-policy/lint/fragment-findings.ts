// Findings about fragments: who else may add to a policy, what, and since which version.

import type { FragmentImport, TransparencyTrustList } from '../policy-document.js';
import type { KnownPolicy } from '../read/policy-model.js';
import { INFRASTRUCTURE_FEED, INFRASTRUCTURE_ISSUER, INFRASTRUCTURE_SVN_FLOOR } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';
import { groupBy } from './group-by.js';

/* What an import may bring without a word more: containers, and imports of their own. */
const ORDINARY: readonly string[] = ['containers', 'fragments'];

export function lintFragments(model: KnownPolicy): readonly Finding[] {
  return [
    ...model.fragments.flatMap(lintImport),
    ...lintRepeated(model.fragments),
    ...model.trustLists.flatMap(lintTrustList),
  ];
}

function lintTrustList({
  issuer,
  subject,
  minimum_svn,
  allowed_ledgers,
}: TransparencyTrustList): readonly Finding[] {
  const findings: Finding[] = [];
  if (allowed_ledgers.includes('*')) {
    findings.push(
      finding(
        'TRUST_LIST_BROAD',
        null,
        `the trust list ${subject} of ${issuer} may bring keys of any ledger`,
        'any ledger may sign the receipt that a fragment needs',
      ),
    );
  }
  if (!(Number(minimum_svn) >= 1) && !isVersion(minimum_svn)) {
    findings.push(
      finding(
        'TRUST_LIST_BROAD',
        null,
        `the trust list ${subject} of ${issuer} may be of any version`,
        'the host may load an older list, with keys that were withdrawn since',
      ),
    );
  }
  return findings;
}

function lintImport(fragment: FragmentImport): readonly Finding[] {
  const { issuer, feed, includes, minimum_svn } = fragment;
  const isInfrastructure = issuer === INFRASTRUCTURE_ISSUER && feed === INFRASTRUCTURE_FEED;
  const who = isInfrastructure ? 'Microsoft' : issuer;
  const findings: Finding[] = [];
  if (includes.length > 0) {
    findings.push(
      finding(
        isInfrastructure ? 'FRAGMENT_INFRASTRUCTURE' : 'FRAGMENT_ADDS_CONTAINERS',
        null,
        `the fragment ${feed} of ${issuer} may bring ${includes.join(' and ')}`,
        `any fragment of ${who} under that feed with an SVN of at least ${minimum_svn} may add containers to a room that is running`,
      ),
    );
  }
  const extra = includes.filter((included) => !ORDINARY.includes(included));
  if (extra.length > 0) {
    findings.push(
      finding(
        'FRAGMENT_INCLUDES',
        null,
        `the import of ${feed} includes ${extra.join(' and ')}`,
        `a fragment of ${who} may bring ${extra.map(describeInclude).join(', and ')}`,
      ),
    );
  }
  const floor = isInfrastructure ? INFRASTRUCTURE_SVN_FLOOR : 1;
  if (!(Number(minimum_svn) >= floor) && !isVersion(minimum_svn)) {
    findings.push(
      finding(
        'FRAGMENT_SVN_LOW',
        null,
        `minimum_svn of ${feed} is ${JSON.stringify(minimum_svn)}, and ${floor} is the least that is known to be safe`,
        `the host may load an older fragment of ${who}, without later fixes`,
      ),
    );
  }
  if (!NARROW_ISSUER.test(issuer)) {
    findings.push(
      finding(
        'FRAGMENT_ISSUER_BROAD',
        null,
        `the issuer ${issuer} is no did:x509 that names whom the certificate is for`,
        'every certificate under that authority may sign containers into the room',
      ),
    );
  }
  return findings;
}

/* An authority by its certificate, and a purpose, subject or name that the leaf must have. */
const NARROW_ISSUER = /^did:x509:0:sha(?:256|384|512):[A-Za-z0-9_-]+::(?:eku|subject|san|fulcio-issuer):[^:]/;

function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+$/.test(text) && !text.startsWith('0.');
}

function describeInclude(included: string): string {
  switch (included) {
    case 'external_processes':
      return 'processes that the host runs outside every container';
    case 'namespace':
      return 'any rule that the policy may refer to';
    case 'platform_rules':
      return 'variables and mounts for every container';
    default:
      return included;
  }
}

function lintRepeated(fragments: readonly FragmentImport[]): readonly Finding[] {
  const byFeed = groupBy(fragments, ({ issuer, feed }) => `${feed} of ${issuer}`);
  return [...byFeed].flatMap(([name, imports]) => {
    if (imports.length < 2) return [];
    const message = `${name} is imported ${imports.length} times`;
    const example = 'the loosest of these imports counts: the lowest SVN, and all that any of them includes';
    return [finding('FRAGMENT_TWICE', null, message, example)];
  });
}
