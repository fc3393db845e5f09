// Policies, findings and differences for people; whatever came from a policy has its control characters shown.

import type { PolicyDifference } from '../cce-policy/compare/difference.js';
import type { JudgedFinding } from '../cce-policy/lint/acceptance.js';
import type { Severity } from '../base/verdict/finding.js';
import { containerLabel } from '../cce-policy/lint/container-label.js';
import type {
  ContainerRule,
  FragmentImport,
  PlatformRule,
  TransparencyTrustList,
} from '../cce-policy/policy-document.js';
import type { KnownPolicy, PolicyModel, PointRule } from '../cce-policy/read/policy-model.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

/** Gravest first; a finding in three lines: what is so, what a host may do, and what to do about it. */
export function renderFindings(findings: readonly JudgedFinding[], unsafe: boolean): string {
  const open = findings.filter(({ accepted }) => accepted === null);
  const count = (severity: Severity): number =>
    open.filter((finding) => finding.severity === severity).length;
  const accepted = findings.length - open.length;
  const summary = [
    ...(['error', 'warning', 'note'] as const).map((severity) => counted(count(severity), severity)),
    ...(accepted > 0 ? [`${accepted} accepted`] : []),
  ].join(', ');
  return escapeTerminal(
    [`${unsafe ? 'unsafe' : 'ok'}  ${summary}`, ...findings.flatMap(findingLines)].join('\n'),
  );
}

function findingLines({
  severity,
  id,
  message,
  example,
  fix,
  digest,
  accepted,
}: JudgedFinding): readonly string[] {
  const indent = ' '.repeat(12);
  if (accepted !== null) return [`  accepted  ${id}: ${message}`, `${indent}${accepted}`];
  const lines = [`  ${severity.padEnd(8)}  ${id}: ${message}`, `${indent}${example}`];
  return severity === 'note' ? lines : [...lines, `${indent}try: ${fix} (${digest.slice(0, 12)}…)`];
}

const EFFECTS = { wider: 'MORE ', narrower: 'less ', none: 'same ', unclear: 'other' } as const;

export function renderDifferences(differences: readonly PolicyDifference[]): string {
  if (differences.length === 0) return 'the same text';
  const lines = differences.map(({ effect, message }) => `  ${EFFECTS[effect]}  ${message}`);
  return escapeTerminal(
    [`${counted(differences.length, 'difference')} (MORE: the second policy allows more)`, ...lines].join(
      '\n',
    ),
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The content of a policy as data. */
export interface ModelDescription {
  readonly policyHash: string;
  /** unknown: the text is not wholly understood, and the rest is missing. */
  readonly form: 'known' | 'unknown';
  readonly problem?: string;
  readonly apiVersion?: string | null;
  readonly frameworkVersion?: string | null;
  readonly containers?: readonly ContainerRule[];
  readonly fragments?: readonly FragmentImport[];
  /** Variables and mounts for every container (framework 0.5). */
  readonly platformRules?: readonly PlatformRule[];
  /** Lists of transparency ledgers' keys that may be loaded (framework 0.5). */
  readonly trustLists?: readonly TransparencyTrustList[];
  readonly flags?: Readonly<Record<string, boolean>>;
  /** What each enforcement point answers: framework, or always allowed or denied. */
  readonly points?: Readonly<Record<string, string>>;
}

export function describeModel(model: PolicyModel): ModelDescription {
  if (model.form === 'unknown') return { policyHash: model.hash, form: 'unknown', problem: model.problem };
  return {
    policyHash: model.hash,
    form: 'known',
    apiVersion: model.apiVersion,
    frameworkVersion: model.frameworkVersion,
    containers: model.containers,
    fragments: model.fragments,
    platformRules: model.platformRules,
    trustLists: model.trustLists,
    flags: model.flags,
    points: Object.fromEntries([...model.points].map(([name, rule]) => [name, pointText(rule)])),
  };
}

function pointText(rule: PointRule): string {
  if (rule.kind === 'framework') return 'framework';
  return rule.allowed ? 'always allowed' : 'always denied';
}

export function renderModel(model: PolicyModel): string {
  if (model.form === 'unknown') {
    return escapeTerminal(`policy ${model.hash}\n  not in a known form: ${model.problem}`);
  }
  return escapeTerminal(
    [
      `policy ${model.hash}`,
      `  api ${model.apiVersion ?? 'missing'}, framework ${model.frameworkVersion ?? 'missing'}`,
      ...model.containers.flatMap(renderContainer),
      ...model.fragments.map(({ feed, minimum_svn }) => `  fragment ${feed}, SVN ${minimum_svn} or later`),
      ...model.platformRules.flatMap(({ env_rules, mounts }) => [
        '  every container besides',
        ...env_rules.map(({ pattern }) => `    pattern  ${pattern}`),
        ...mounts.map(({ destination, source }) => `    mount    ${destination} from ${source}`),
      ]),
      ...model.trustLists.map(
        ({ subject, issuer, allowed_ledgers }) =>
          `  ledgers ${allowed_ledgers.join()} by the list ${subject} of ${issuer}`,
      ),
      ...renderSwitches(model),
    ].join('\n'),
  );
}

function renderContainer(container: ContainerRule, index: number): readonly string[] {
  return [
    `  container ${containerLabel(container, index)}`,
    ...(container.id === undefined ? [] : [`    image    ${container.id}`]),
    `    command  ${container.command?.join(' ') ?? 'none'}`,
    ...container.layers.map((hash, layer) => `    layer ${layer + 1}  ${hash}`),
    ...container.env_rules.map(
      ({ pattern, strategy, required }) =>
        `    ${strategy === 're2' ? 'pattern' : 'exact  '}  ${pattern}${required ? '  (required)' : ''}`,
    ),
    ...container.mounts.map(
      ({ source, destination, options }) => `    mount    ${destination} from ${source} (${options.join()})`,
    ),
    ...container.exec_processes.map(({ command }) => `    exec     ${command.join(' ')}`),
    `    stdio    ${container.allow_stdio_access ? 'open to the host' : 'closed'}${container.allow_elevated ? ', privileged' : ''}`,
  ];
}

function renderSwitches(model: KnownPolicy): readonly string[] {
  const always = [...model.points].filter(([, rule]) => rule.kind === 'always');
  return [
    ...Object.entries(model.flags).map(([flag, value]) => `  ${flag} ${String(value)}`),
    ...always.map(([name, rule]) => `  ${name} ${pointText(rule)}`),
  ];
}
