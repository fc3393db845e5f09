// Findings about the contract: whether every container that could run under it is bound to it, and who else can have the keys.

import { CONTRACT_DIGEST_VARIABLE } from '../../contract/room-plan.js';
import type { ContainerRule, EnvironmentRule } from '../policy-document.js';
import { isPause } from './container-findings.js';
import { containerLabel } from './container-label.js';
import { type Finding, finding } from './finding.js';

export interface ContractLintOptions {
  /** Containers that the contract trusts with the keys, by name. */
  readonly trustedWithKeys?: readonly string[];
}

export function lintContract(
  containers: readonly ContainerRule[],
  { trustedWithKeys = [] }: ContractLintOptions,
): readonly Finding[] {
  const pinning = containers.filter((container) => digestRules(container).length > 0);
  if (pinning.length === 0) return [];
  return [
    ...lintPins(containers, pinning),
    ...lintTwins(containers, pinning),
    ...lintCompany(containers, pinning, trustedWithKeys),
  ];
}

function digestRules({ env_rules }: ContainerRule): readonly EnvironmentRule[] {
  return env_rules.filter(
    ({ pattern, strategy }) => strategy === 'string' && pattern.startsWith(`${CONTRACT_DIGEST_VARIABLE}=`),
  );
}

function lintPins(
  containers: readonly ContainerRule[],
  pinning: readonly ContainerRule[],
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const container of pinning) {
    if (digestRules(container).some(({ required }) => required)) continue;
    const label = labelOf(container, containers);
    findings.push(
      finding(
        'CONTRACT_NOT_PINNED',
        label,
        `${CONTRACT_DIGEST_VARIABLE} of ${label} may be left out`,
        `the host may start ${label} without a contract`,
      ),
    );
  }
  const digests = [...new Set(pinning.flatMap(digestRules).map(({ pattern }) => pattern))];
  if (digests.length > 1) {
    const example = `the host chooses between ${digests.join(' and ')}`;
    findings.push(finding('CONTRACT_SEVERAL', null, `the policy names ${digests.length} contracts`, example));
  }
  return findings;
}

/* The same layers without the digest: the host starts that one, and the program runs under no contract. */
function lintTwins(
  containers: readonly ContainerRule[],
  pinning: readonly ContainerRule[],
): readonly Finding[] {
  return containers
    .filter((container) => !pinning.includes(container))
    .flatMap((container) => {
      const twin = pinning.find(({ layers }) => layers.join() === container.layers.join());
      if (twin === undefined) return [];
      const label = labelOf(container, containers);
      const message = `${label} has the image of ${labelOf(twin, containers)} and does not name the contract`;
      return [
        finding(
          'CONTRACT_NOT_PINNED',
          label,
          message,
          `the host may start the same program as ${label}, under no contract`,
        ),
      ];
    });
}

/* The sidecar answers whoever asks inside the group's network. */
function lintCompany(
  containers: readonly ContainerRule[],
  pinning: readonly ContainerRule[],
  trusted: readonly string[],
): readonly Finding[] {
  const sidecars = containers.filter(isSidecar);
  // By label and command only: where several claim to be the sidecar, nobody can say which of them is.
  const sidecar = sidecars.length === 1 ? sidecars[0] : undefined;
  if (sidecars.length === 0) return [];
  return containers
    .filter((container) => !pinning.includes(container) && container !== sidecar && !isPause(container))
    .flatMap((container) => {
      const label = labelOf(container, containers);
      if (trusted.includes(label)) return [];
      const example = `${label} may ask the sidecar for every key of the room, and for a report that passes for the room’s`;
      return [finding('SIDECAR_SHARED', label, `${label} shares the network of the sidecar`, example)];
    });
}

function isSidecar({ command, env_rules, id }: ContainerRule): boolean {
  return (
    /(?:^|\/)skr(?:\.sh)?$/.test(command?.[0] ?? '') ||
    (id ?? '').startsWith('mcr.microsoft.com/aci/skr') ||
    env_rules.some(({ pattern }) => pattern.startsWith('SkrSideCarArgs='))
  );
}

function labelOf(container: ContainerRule, containers: readonly ContainerRule[]): string {
  return containerLabel(container, containers.indexOf(container));
}
