// Whose code a policy admits: each of its containers compared with what is known, as a whole. Pure: it decides nothing about
// trust, and it takes nothing from the party whose policy it is.

import type { ContainerRule } from '../policy-document.js';
import type { KnownPolicy, PolicyModel } from '../read/policy-model.js';
import { diffContainer } from '../compare/diff-container.js';
import type { PolicyDifference } from '../compare/difference.js';
import { infrastructureFragment, pauseContainer } from '../text/defaults.js';
import { TEXT_PROFILES, textProfile } from '../text/text-profile.js';

export type KnownStatus = 'current' | 'old' | 'withdrawn' | 'seen';

/** How it is known what a container should be. */
export type Ground =
  /** Its layers were built on this machine. */
  | 'rebuilt'
  /** By the table of releases or of digests that this installation has. */
  | 'table'
  /** Because the verifier named its layers. */
  | 'named';

/** What one container may be: the whole rule that this toolkit generates for it. */
export interface ProgramCandidate {
  readonly role: 'summarizer' | 'sidecar';
  /** A release such as `0.1.0`, a checkout such as `0.1.0+1a2b3c4d5e6f`, or a sidecar's digest. */
  readonly release: string;
  readonly ground: Ground;
  readonly status: KnownStatus;
  readonly rule: ContainerRule;
}

export interface ContainerComparison {
  /** The label that the policy gives the container, else its place. */
  readonly container: string;
  /** What it was found to be; for one that is like nothing known, what it comes nearest to, or unknown. */
  readonly role: 'summarizer' | 'sidecar' | 'pause' | 'unknown';
  readonly outcome: 'same' | 'differs';
  /** Null for the pause container, and where nothing is known to compare with. */
  readonly release: string | null;
  readonly ground: Ground | null;
  readonly status: KnownStatus | null;
  /** Against the candidate with the fewest differences; empty for the same. */
  readonly differences: readonly PolicyDifference[];
}

export interface ProgramComparison {
  readonly containers: readonly ContainerComparison[];
  /** Roles that no container of the policy has. */
  readonly missing: readonly ('summarizer' | 'sidecar' | 'pause')[];
  readonly fragments: readonly {
    readonly feed: string;
    readonly minimumSvn: string;
    /** Whether it is the import of Microsoft's infrastructure that this toolkit writes, of whatever minimum. */
    readonly isInfrastructure: boolean;
  }[];
  /** What the text admits besides containers: processes outside of them, points that are always allowed. */
  readonly beside: readonly string[];
}

/**
 * Compares every container that the policy admits with the candidates, each candidate used for one container at most.
 * An image reference is a label without meaning to the guest and is compared for no container.
 *
 * @returns one entry a container of the policy, in its order; for a text of unknown form none, and the reason in `beside`.
 */
export function compareProgram(
  policy: PolicyModel,
  candidates: readonly ProgramCandidate[],
): ProgramComparison {
  if (policy.form === 'unknown')
    return {
      containers: [],
      missing: ['summarizer', 'sidecar', 'pause'],
      fragments: [],
      beside: [`the policy is not in a known form: ${policy.problem}`],
    };
  const containers = policy.containers.map((rule, index) => compareContainer(rule, index, candidates));
  const roles = containers.filter(({ outcome }) => outcome === 'same').map(({ role }) => role);
  return {
    containers: containers.map((comparison, index) => onlyOnce(comparison, containers.slice(0, index))),
    missing: (['summarizer', 'sidecar', 'pause'] as const).filter((role) => !roles.includes(role)),
    fragments: policy.fragments.map((fragment) => ({
      feed: fragment.feed,
      minimumSvn: fragment.minimum_svn,
      isInfrastructure: isInfrastructure(fragment),
    })),
    beside: besideContainers(policy),
  };
}

/** Whether every container is known and the same, each role once, and nothing is admitted beside them. */
export function isWhollyKnown({ containers, missing, fragments, beside }: ProgramComparison): boolean {
  return (
    containers.length > 0 &&
    containers.every(({ outcome, status }) => outcome === 'same' && status !== 'withdrawn') &&
    missing.length === 0 &&
    fragments.every(({ isInfrastructure: known }) => known) &&
    beside.length === 0
  );
}

function compareContainer(
  rule: ContainerRule,
  index: number,
  candidates: readonly ProgramCandidate[],
): ContainerComparison {
  const container = rule.name ?? rule.id ?? `container ${index + 1}`;
  const pauses = PAUSES.map((pause) => ({ pause, differences: differencesOf(pause, rule, 'pause') }));
  if (pauses.some(({ differences }) => differences.length === 0))
    return {
      container,
      role: 'pause',
      outcome: 'same',
      release: null,
      ground: null,
      status: null,
      differences: [],
    };
  const compared = candidates
    .map((candidate) => ({ candidate, differences: differencesOf(candidate.rule, rule, container) }))
    .sort((a, b) => a.differences.length - b.differences.length);
  const [nearest] = compared.filter(({ candidate }) => isKin(candidate.rule, rule));
  if (nearest === undefined) return unknown(container, rule);
  const { candidate, differences } = nearest;
  const { role, release, ground, status } = candidate;
  const outcome = differences.length === 0 ? 'same' : 'differs';
  return { container, role, outcome, release, ground, status, differences };
}

/* Worth being told apart rule by rule: it runs the same command, or shares a layer. */
function isKin(candidate: ContainerRule, rule: ContainerRule): boolean {
  const sameCommand = JSON.stringify(candidate.command) === JSON.stringify(rule.command);
  return sameCommand || candidate.layers.some((layer) => rule.layers.includes(layer));
}

function unknown(container: string, rule: ContainerRule): ContainerComparison {
  const runs = rule.command === null ? 'nothing' : rule.command.join(' ');
  return {
    container,
    role: 'unknown',
    outcome: 'differs',
    release: null,
    ground: null,
    status: null,
    differences: [
      {
        path: `containers[${container}]`,
        effect: 'wider',
        message: `${container} runs ${runs}, and is no known program`,
      },
    ],
  };
}

/* A second summarizer beside the first is a container that nobody agreed to, whatever it is made of. */
function onlyOnce(
  comparison: ContainerComparison,
  before: readonly ContainerComparison[],
): ContainerComparison {
  const isRepeated =
    comparison.outcome === 'same' &&
    before.some(({ role, outcome }) => role === comparison.role && outcome === 'same');
  if (!isRepeated) return comparison;
  const message = `the policy admits ${comparison.role} a second time, as ${comparison.container}`;
  return {
    ...comparison,
    outcome: 'differs',
    differences: [{ path: `containers[${comparison.container}]`, effect: 'wider', message }],
  };
}

function differencesOf(
  expected: ContainerRule,
  actual: ContainerRule,
  name: string,
): readonly PolicyDifference[] {
  return diffContainer(expected, actual, name).filter(({ effect }) => effect !== 'none');
}

const PAUSES: readonly ContainerRule[] = TEXT_PROFILES.flatMap((name) =>
  [true, false].map((stdio) => pauseContainer({ stdio, signals: textProfile(name).defaultSignals })),
);

function isInfrastructure(fragment: KnownPolicy['fragments'][number]): boolean {
  return TEXT_PROFILES.some((name) => {
    const known = infrastructureFragment(textProfile(name));
    return (
      fragment.feed === known.feed &&
      fragment.issuer === known.issuer &&
      [...fragment.includes].sort().join() === [...known.includes].sort().join() &&
      /^[0-9]+$/.test(fragment.minimum_svn) &&
      Number(fragment.minimum_svn) >= Number(known.minimum_svn)
    );
  });
}

/* Points at which a text of a room may say yes without looking: none, but those of this toolkit's own text do not decide what runs. */
const RUNS: ReadonlySet<string> = new Set([
  ...['mount_device', 'rw_mount_device', 'mount_overlay', 'mount_blockdev', 'mount_cims', 'create_container'],
  ...[
    'exec_in_container',
    'exec_external',
    'plan9_mount',
    'load_fragment',
    'scratch_mount',
    'registry_changes',
  ],
]);

function besideContainers({ points, externalProcesses }: KnownPolicy): readonly string[] {
  return [
    ...[...points]
      .filter(([name, rule]) => RUNS.has(name) && rule.kind === 'always' && rule.allowed)
      .map(([name]) => `${name} is always allowed`),
    ...externalProcesses.map(({ command }) => `the host may run ${command.join(' ')} beside the containers`),
  ];
}
