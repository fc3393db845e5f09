// What a policy and the fragments that were loaded allow together, with defaults for older frameworks
// (hcsshim framework.rego, candidate_* and check_*).

import type {
  ContainerRule,
  ExternalProcess,
  FragmentImport,
  PlatformRule,
  TransparencyTrustList,
} from '../../cce-policy/policy-document.js';
import type { FragmentParameters, PolicyFragment } from '../../cce-policy/read/fragment-model.js';
import type { KnownPolicy } from '../../cce-policy/read/policy-model.js';
import { compareVersions } from '../../cce-policy/read/versions.js';
import { GUEST_FRAMEWORK_VERSION, PLATFORM_RULES_SINCE } from '../../cce-policy/read/guest-questions.js';

/** A fragment that was let in: of its content, what the import includes. */
interface LoadedFragment {
  readonly containers: readonly ContainerRule[];
  readonly fragments: readonly FragmentImport[];
  readonly externalProcesses: readonly ExternalProcess[];
  readonly platformRules: readonly PlatformRule[];
  readonly trustLists: readonly TransparencyTrustList[];
}

/** SIGKILL and SIGTERM reach a container's first process under policies older than this. */
const SIGNALS_EXPLICIT_SINCE = '0.4.1';
/* What an import may include besides the code itself ("namespace"). */
const PARTS = ['containers', 'fragments', 'external_processes', 'platform_rules', 'transparency_trust_lists'];

export class Candidates {
  private readonly loaded: LoadedFragment[] = [];
  /* Sets of parameters that fragments gave to imports of theirs, each once. */
  private readonly nestedParameters = new Map<string, FragmentImport>();
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
    const all = [...own, ...this.loaded.flatMap((fragment) => fragment.containers)];
    const platformRules = this.platformRules();
    return platformRules.length === 0
      ? all
      : all.flatMap((container) => underRules(container, platformRules));
  }

  /* Without external_processes of its own, an older policy takes none of a fragment's: the framework's rule is undefined. */
  externalProcesses(): readonly ExternalProcess[] {
    if (!this.versionUsable) return [];
    if (
      !this.policy.namesExternalProcesses &&
      isBefore(this.policy.frameworkVersion, GUEST_FRAMEWORK_VERSION)
    ) {
      return [];
    }
    return [
      ...this.policy.externalProcesses,
      ...this.loaded.flatMap((fragment) => fragment.externalProcesses),
    ];
  }

  imports(): readonly FragmentImport[] {
    const own = this.versionUsable ? this.policy.fragments : [];
    return [...own, ...this.loaded.flatMap((fragment) => fragment.fragments)];
  }

  private platformRules(): readonly PlatformRule[] {
    const usable = this.versionUsable && !isBefore(this.policy.frameworkVersion, PLATFORM_RULES_SINCE);
    return [
      ...(usable ? this.policy.platformRules : []),
      ...this.loaded.flatMap((fragment) => fragment.platformRules),
    ];
  }

  trustLists(): readonly TransparencyTrustList[] {
    return [...this.policy.trustLists, ...this.loaded.flatMap((fragment) => fragment.trustLists)];
  }

  /**
   * Every set of parameters that a fragment of that issuer and feed is loaded with; one empty set where no import gives any.
   * Up to framework 0.4 an import without parameters counts as one with an empty set.
   */
  parametersFor(issuer: string, feed: string): readonly FragmentParameters[] {
    const matches = (rule: FragmentImport): boolean => rule.issuer === issuer && rule.feed === feed;
    const defaults = isBefore(this.policy.frameworkVersion, GUEST_FRAMEWORK_VERSION);
    const own = (this.versionUsable ? this.policy.fragments : [])
      .filter(matches)
      .flatMap(({ parameters }): readonly FragmentParameters[] =>
        parameters === undefined ? (defaults ? [{}] : []) : [parameters],
      );
    const nested = [...this.nestedParameters.values()]
      .filter(matches)
      .map(({ parameters }) => parameters ?? {});
    const sets = [...nested, ...own];
    return sets.length === 0 ? [{}] : sets;
  }

  /**
   * Adds a fragment under the imports that take it. Null if it was added, else why not: also where two imports take it that
   * include different parts, since the framework's rule then has two values.
   *
   * @param headerSvn - SVN of the envelope's header, or null.
   */
  load(
    fragment: PolicyFragment,
    imports: readonly FragmentImport[],
    headerSvn: number | null,
  ): { readonly problem: string } | { readonly addsModule: boolean } {
    const { frameworkVersion } = fragment;
    const taking = imports.filter((rule) => fragmentSvnAllowed(fragment.svn, headerSvn, rule.minimum_svn));
    const [rule] = taking;
    const problems = [
      ...versionProblems(frameworkVersion),
      ...(rule === undefined ? svnProblems(fragment.svn, headerSvn, imports) : []),
    ];
    if (rule === undefined || frameworkVersion === null || problems.length > 0)
      return { problem: problems.join('; ') };
    if (taking.some((other) => partsOf(other) !== partsOf(rule))) {
      return { problem: 'several imports take the fragment and include different parts of it' };
    }
    this.loaded.push(includedParts(fragment, frameworkVersion, rule));
    for (const nested of fragment.fragments) this.rememberParameters(nested);
    return { addsModule: rule.includes.includes('namespace') };
  }

  private rememberParameters(rule: FragmentImport): void {
    if (rule.parameters === undefined) return;
    this.nestedParameters.set(JSON.stringify([rule.issuer, rule.feed, rule.parameters]), rule);
  }
}

function versionProblems(version: string | null): readonly string[] {
  const current = GUEST_FRAMEWORK_VERSION;
  if (version === null) return [`fragment framework_version is missing. Current version: ${current}`];
  if (compareVersions(version, current) <= 0) return [];
  return [
    `fragment framework_version is ahead of the current version: ${version} is greater than ${current}`,
  ];
}

function svnProblems(
  svn: string | null,
  headerSvn: number | null,
  imports: readonly FragmentImport[],
): readonly string[] {
  if (svn === null && headerSvn === null) return ['missing fragment svn in either header or rego payload'];
  const differs = svn !== null && headerSvn !== null && !(NUMBER.test(svn) && Number(svn) === headerSvn);
  const otherKind = imports.some(
    ({ minimum_svn: minimum }) =>
      SEMVER.test(minimum) !== SEMVER.test(svn ?? String(headerSvn)) ||
      (headerSvn !== null && SEMVER.test(minimum)),
  );
  const valid = imports.some(
    ({ minimum_svn: minimum }) =>
      (svn !== null && svnAllowed(svn, minimum)) ||
      (headerSvn !== null && svnAllowed(String(headerSvn), minimum)),
  );
  return [
    ...(otherKind ? ['fragment svn and the specified minimum are different types'] : []),
    ...(otherKind || valid ? [] : ['fragment svn is below the specified minimum']),
    ...(differs ? [`svn in header ${headerSvn} does not match svn in fragment rego ${svn}`] : []),
  ];
}

function includedParts(
  fragment: PolicyFragment,
  frameworkVersion: string,
  { includes }: FragmentImport,
): LoadedFragment {
  const included = <T>(name: string, list: readonly T[]): readonly T[] =>
    includes.includes(name) ? list : [];
  const modern = !isBefore(frameworkVersion, PLATFORM_RULES_SINCE);
  return {
    containers: included('containers', withDefaults(fragment.containers, frameworkVersion)),
    fragments: included('fragments', fragment.fragments),
    externalProcesses: included('external_processes', fragment.externalProcesses),
    platformRules: modern ? included('platform_rules', fragment.platformRules) : [],
    trustLists: modern ? included('transparency_trust_lists', fragment.trustLists) : [],
  };
}

function partsOf({ includes }: FragmentImport): string {
  return [...new Set(includes)]
    .filter((name) => PARTS.includes(name) || name === 'namespace')
    .sort()
    .join();
}

/* One container for each rule, with its variables and mounts after the container's own. */
function underRules(container: ContainerRule, rules: readonly PlatformRule[]): readonly ContainerRule[] {
  return rules.map(({ env_rules, mounts }) => ({
    ...container,
    env_rules: [...container.env_rules, ...env_rules],
    mounts: [...container.mounts, ...mounts],
  }));
}

function isBefore(version: string | null, other: string): boolean {
  return version !== null && compareVersions(version, other) < 0;
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

/* The text's SVN counts; the envelope's must equal it where both are there, and stands for it where the text has none. */
function fragmentSvnAllowed(svn: string | null, headerSvn: number | null, minimum: string): boolean {
  if (svn === null) return headerSvn !== null && svnAllowed(String(headerSvn), minimum);
  if (headerSvn !== null && !(NUMBER.test(svn) && Number(svn) === headerSvn)) return false;
  return svnAllowed(svn, minimum);
}

/** Whether an SVN is at least the minimum: both versions, or both numbers. */
export function svnAllowed(svn: string, minimum: string): boolean {
  if (SEMVER.test(svn) && SEMVER.test(minimum)) return compareVersions(svn, minimum) >= 0;
  return NUMBER.test(svn) && NUMBER.test(minimum) && Number(svn) >= Number(minimum);
}
