// One container in two policies: each part compared by its own meaning.

import { CAPABILITY_SETS, type ContainerRule, type EnvironmentRule } from '../policy-document.js';
import { difference, type DifferenceEffect, type PolicyDifference } from './difference.js';

export function diffContainer(
  before: ContainerRule,
  after: ContainerRule,
  name: string,
): readonly PolicyDifference[] {
  const path = `containers[${name}]`;
  return [
    ...diffLayers(before, after, path, name),
    ...diffValue(before.command, after.command, `${path}.command`, `${name} runs`, 'unclear'),
    ...diffEnvironment(before.env_rules, after.env_rules, path, name),
    ...diffSet(before.mounts, after.mounts, `${path}.mounts`, `${name} may have the mount`),
    ...diffSet(
      before.exec_processes,
      after.exec_processes,
      `${path}.exec_processes`,
      `the host may run in ${name}`,
    ),
    ...diffSwitches(before, after, path, name),
    ...diffCapabilities(before, after, path, name),
    ...diffSet(before.signals, after.signals, `${path}.signals`, `${name} may be sent the signal`),
    ...diffValue(before.user, after.user, `${path}.user`, `${name} runs as`, 'unclear'),
    ...diffValue(
      before.working_dir,
      after.working_dir,
      `${path}.working_dir`,
      `${name} starts in`,
      'unclear',
    ),
    ...diffValue(
      before.seccomp_profile_sha256,
      after.seccomp_profile_sha256,
      `${path}.seccomp_profile_sha256`,
      `${name} has the seccomp profile`,
      'unclear',
    ),
    ...diffValue(before.id, after.id, `${path}.id`, `${name} is labelled with the image`, 'none'),
  ];
}

function diffLayers(
  { layers: was }: ContainerRule,
  { layers: is }: ContainerRule,
  path: string,
  name: string,
): readonly PolicyDifference[] {
  const count = Math.max(was.length, is.length);
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => was[index] !== is[index])
    .map((index) =>
      difference(
        `${path}.layers[${index}]`,
        'unclear',
        `layer ${index + 1} of ${count} of ${name}: ${was[index] ?? 'none'} became ${is[index] ?? 'none'}`,
      ),
    );
}

/* Variables by name, so that a rule that became a pattern is seen as such. */
function diffEnvironment(
  before: readonly EnvironmentRule[],
  after: readonly EnvironmentRule[],
  path: string,
  name: string,
): readonly PolicyDifference[] {
  const was = rulesByVariable(before);
  const is = rulesByVariable(after);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((variable) => {
    const [old = [], now = []] = [was.get(variable), is.get(variable)];
    const gone = old.filter((rule) => !now.some((other) => sameRule(rule, other)));
    const added = now.filter((rule) => !old.some((other) => sameRule(rule, other)));
    if (gone.length === 0 && added.length === 0) return [];
    const effect = environmentEffect(gone, added);
    const message = `${variable} of ${name}: ${describeRules(gone)} became ${describeRules(added)}`;
    return [difference(`${path}.env_rules[${variable}]`, effect, message)];
  });
}

function rulesByVariable(rules: readonly EnvironmentRule[]): Map<string, readonly EnvironmentRule[]> {
  const byVariable = new Map<string, readonly EnvironmentRule[]>();
  for (const rule of rules) {
    const name = rule.pattern.replace(/^\^(?:\(\?:)?/, '').split('=')[0] ?? '';
    byVariable.set(name, [...(byVariable.get(name) ?? []), rule]);
  }
  return byVariable;
}

function sameRule(a: EnvironmentRule, b: EnvironmentRule): boolean {
  return (
    a.pattern === b.pattern &&
    a.required === b.required &&
    a.strategy === b.strategy &&
    JSON.stringify(a.parts) === JSON.stringify(b.parts)
  );
}

function environmentEffect(
  gone: readonly EnvironmentRule[],
  added: readonly EnvironmentRule[],
): DifferenceEffect {
  const opened =
    added.some(({ strategy }) => strategy === 're2') && gone.every(({ strategy }) => strategy === 'string');
  if (gone.length === 0 || opened) return 'wider';
  if (added.length === 0) return gone.some(({ required }) => required) ? 'unclear' : 'narrower';
  const closed =
    added.every(({ strategy }) => strategy === 'string') && gone.some(({ strategy }) => strategy === 're2');
  return closed ? 'narrower' : 'unclear';
}

function describeRules(rules: readonly EnvironmentRule[]): string {
  if (rules.length === 0) return 'no rule';
  return rules
    .map(({ pattern, strategy, required }) => {
      const kind = strategy === 're2' ? 'the pattern ' : 'exactly ';
      return `${kind}${JSON.stringify(pattern)}${required ? ' (required)' : ''}`;
    })
    .join(' or ');
}

function diffSwitches(
  before: ContainerRule,
  after: ContainerRule,
  path: string,
  name: string,
): readonly PolicyDifference[] {
  const switches = [
    { key: 'allow_stdio_access', on: `stdio of ${name} reaches the host`, off: `stdio of ${name} is closed` },
    { key: 'allow_elevated', on: `${name} may run privileged`, off: `${name} may not run privileged` },
    { key: 'no_new_privileges', on: `${name} may gain no privileges`, off: `${name} may gain privileges` },
  ] as const;
  return switches
    .filter(({ key }) => before[key] !== after[key])
    .map(({ key, on, off }) => {
      const isWider = after[key] === (key !== 'no_new_privileges');
      return difference(`${path}.${key}`, isWider ? 'wider' : 'narrower', `now ${after[key] ? on : off}`);
    });
}

function diffCapabilities(
  before: ContainerRule,
  after: ContainerRule,
  path: string,
  name: string,
): readonly PolicyDifference[] {
  if (before.capabilities === null || after.capabilities === null) {
    return diffValue(
      before.capabilities,
      after.capabilities,
      `${path}.capabilities`,
      `${name} has`,
      'unclear',
    );
  }
  const [was, is] = [before.capabilities, after.capabilities];
  return CAPABILITY_SETS.flatMap((set) =>
    diffSet(was[set], is[set], `${path}.capabilities.${set}`, `${name} may have in its ${set} set`),
  );
}

function diffSet(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  claim: string,
): readonly PolicyDifference[] {
  const was = before.map((item) => JSON.stringify(item));
  const is = after.map((item) => JSON.stringify(item));
  const added = is.filter((item) => !was.includes(item));
  const gone = was.filter((item) => !is.includes(item));
  return [
    ...added.map((item) => difference(path, 'wider', `${claim} ${item}, which is new`)),
    ...gone.map((item) => difference(path, 'narrower', `no longer: ${claim} ${item}`)),
  ];
}

function diffValue(
  before: unknown,
  after: unknown,
  path: string,
  claim: string,
  effect: DifferenceEffect,
): readonly PolicyDifference[] {
  const [was, is] = [
    JSON.stringify(before) as string | undefined,
    JSON.stringify(after) as string | undefined,
  ];
  if (was === is) return [];
  return [difference(path, effect, `${claim} ${is ?? 'nothing'}, and before ${was ?? 'nothing'}`)];
}
