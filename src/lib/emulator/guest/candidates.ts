// What a policy and the fragments that were loaded allow together, with defaults for older frameworks
// (hcsshim framework.rego, candidate_* and check_*).

import type { ContainerRule, ExternalProcess, FragmentImport } from '../../cce-policy/policy-document.js';
import type { PolicyFragment } from '../../cce-policy/read/fragment-model.js';
import type { KnownPolicy } from '../../cce-policy/read/policy-model.js';
import { compareVersions } from '../../cce-policy/read/versions.js';
import { GUEST_FRAMEWORK_VERSION } from '../../cce-policy/read/guest-questions.js';

/** A fragment that was let in: of its content, what the import includes. */
interface LoadedFragment {
  readonly containers: readonly ContainerRule[];
  readonly fragments: readonly FragmentImport[];
  readonly externalProcesses: readonly ExternalProcess[];
}

/** SIGKILL and SIGTERM reach a container's first process under policies older than this. */
const SIGNALS_EXPLICIT_SINCE = '0.4.1';

export class Candidates {
  private readonly loaded: LoadedFragment[] = [];
  private readonly versionUsable: boolean;

  constructor(private readonly policy: KnownPolicy) {
    this.versionUsable =
      policy.frameworkVersion !== null &&
      compareVersions(policy.frameworkVersion, GUEST_FRAMEWORK_VERSION) <= 0;
  }

  /** Root hashes that a device may have; read before versions are looked at. */
  isLayer(deviceHash: string): boolean {
    const containers = [...this.policy.containers, ...this.loaded.flatMap((fragment) => fragment.containers)];
    return containers.some((container) => container.layers.includes(deviceHash));
  }

  containers(): readonly ContainerRule[] {
    const own = this.versionUsable ? withDefaults(this.policy.containers, this.policy.frameworkVersion) : [];
    return [...own, ...this.loaded.flatMap((fragment) => fragment.containers)];
  }

  externalProcesses(): readonly ExternalProcess[] {
    if (!this.versionUsable) return [];
    return [
      ...this.policy.externalProcesses,
      ...this.loaded.flatMap((fragment) => fragment.externalProcesses),
    ];
  }

  imports(): readonly FragmentImport[] {
    if (!this.versionUsable) return [];
    return [...this.policy.fragments, ...this.loaded.flatMap((fragment) => fragment.fragments)];
  }

  /** Adds a fragment under the first import that takes it. Null if it was added, else why not. */
  load(fragment: PolicyFragment, imports: readonly FragmentImport[]): string | null {
    if (compareVersions(fragment.frameworkVersion, GUEST_FRAMEWORK_VERSION) > 0) {
      return `fragment framework_version is ahead of the current version: ${fragment.frameworkVersion}`;
    }
    const rule = imports.find((candidate) => svnAllowed(fragment.svn, candidate.minimum_svn));
    if (rule === undefined) return 'fragment svn is below the specified minimum';
    const included = <T>(name: string, list: readonly T[]): readonly T[] =>
      rule.includes.includes(name) ? list : [];
    this.loaded.push({
      containers: included('containers', withDefaults(fragment.containers, fragment.frameworkVersion)),
      fragments: included('fragments', fragment.fragments),
      externalProcesses: included('external_processes', fragment.externalProcesses),
    });
    return null;
  }
}

function withDefaults(
  containers: readonly ContainerRule[],
  frameworkVersion: string | null,
): readonly ContainerRule[] {
  if (frameworkVersion === null || compareVersions(frameworkVersion, SIGNALS_EXPLICIT_SINCE) >= 0)
    return containers;
  return containers.map((container) => ({ ...container, signals: [...container.signals, 9, 15] }));
}

const SEMVER = /^\d+\.\d+\.\d+$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

function svnAllowed(svn: string, minimum: string): boolean {
  if (SEMVER.test(svn) && SEMVER.test(minimum)) return compareVersions(svn, minimum) >= 0;
  return NUMBER.test(svn) && NUMBER.test(minimum) && Number(svn) >= Number(minimum);
}
