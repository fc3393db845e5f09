// Findings about fragments: who else may add to a policy.

import type { FragmentImport } from '../policy-document.js';
import type { KnownPolicy } from '../read/policy-model.js';
import { INFRASTRUCTURE_FEED, INFRASTRUCTURE_ISSUER } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';

export function lintFragments(model: KnownPolicy): readonly Finding[] {
  return model.fragments.filter(addsSomething).map((fragment) => {
    const isInfrastructure =
      fragment.issuer === INFRASTRUCTURE_ISSUER && fragment.feed === INFRASTRUCTURE_FEED;
    return finding(
      isInfrastructure ? 'FRAGMENT_INFRASTRUCTURE' : 'FRAGMENT_ADDS_CONTAINERS',
      null,
      `the fragment ${fragment.feed} of ${fragment.issuer} may bring ${fragment.includes.join(' and ')}`,
      `any fragment of ${isInfrastructure ? 'Microsoft' : fragment.issuer} under that feed with an SVN of at least ${fragment.minimum_svn} may add containers to a room that is running`,
    );
  });
}

function addsSomething({ includes }: FragmentImport): boolean {
  return includes.some((included) =>
    ['containers', 'fragments', 'external_processes', 'namespace'].includes(included),
  );
}
