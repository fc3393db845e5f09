// Two policies compared by what they allow, not by their lines.

import type { ContainerRule, FragmentImport } from '../policy-document.js';
import { POLICY_FLAGS } from '../policy-document.js';
import { containerLabel } from '../lint/container-label.js';
import type { KnownPolicy, PolicyModel, PointRule } from '../read/policy-model.js';
import { diffContainer } from './diff-container.js';
import { difference, type PolicyDifference } from './difference.js';

/**
 * What `after` allows that `before` does not, and the other way round. Empty only for the same text: where only white space
 * or the order of equal rules differs, that is one difference without effect, because the hash is another.
 */
export function diffPolicies(before: PolicyModel, after: PolicyModel): readonly PolicyDifference[] {
  if (before.hash === after.hash) return [];
  const unknown = [before, after].find((model) => model.form === 'unknown');
  if (before.form === 'unknown' || after.form === 'unknown') {
    const problem = unknown?.form === 'unknown' ? unknown.problem : '';
    return [difference('text', 'unclear', `one of the policies is not in a known form: ${problem}`)];
  }
  const differences = [
    ...diffVersions(before, after),
    ...diffPoints(before, after),
    ...diffFlags(before, after),
    ...diffFragments(before.fragments, after.fragments),
    ...diffContainers(before.containers, after.containers),
    ...diffExternal(before, after),
    ...diffAdditions(before, after),
  ];
  if (differences.length > 0) return differences;
  return [
    difference(
      'text',
      'none',
      'both allow the same; white space or the order of rules differs, and so the hash',
    ),
  ];
}

function diffVersions(before: KnownPolicy, after: KnownPolicy): readonly PolicyDifference[] {
  return (['apiVersion', 'frameworkVersion'] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) =>
      difference(name, 'unclear', `${name}: ${before[name] ?? 'missing'} became ${after[name] ?? 'missing'}`),
    );
}

function diffPoints(before: KnownPolicy, after: KnownPolicy): readonly PolicyDifference[] {
  const names = [...new Set([...before.points.keys(), ...after.points.keys()])];
  return names.flatMap((name) => {
    const was = describePoint(before.points.get(name));
    const is = describePoint(after.points.get(name));
    if (was === is) return [];
    const effect = is === 'always allowed' ? 'wider' : was === 'always allowed' ? 'narrower' : 'unclear';
    return [difference(name, effect, `${name}: ${was} became ${is}`)];
  });
}

function describePoint(rule: PointRule | undefined): string {
  if (rule === undefined) return 'not answered';
  if (rule.kind === 'framework') return 'decided by the rules';
  return rule.allowed ? 'always allowed' : 'always denied';
}

function diffFlags(before: KnownPolicy, after: KnownPolicy): readonly PolicyDifference[] {
  return POLICY_FLAGS.filter((flag) => before.flags[flag] !== after.flags[flag]).map((flag) =>
    difference(
      flag,
      after.flags[flag] === true ? 'wider' : 'narrower',
      `${flag}: ${String(before.flags[flag] ?? 'not set')} became ${String(after.flags[flag] ?? 'not set')}`,
    ),
  );
}

function diffFragments(
  before: readonly FragmentImport[],
  after: readonly FragmentImport[],
): readonly PolicyDifference[] {
  const key = ({ issuer, feed }: FragmentImport): string => `${feed} of ${issuer}`;
  const was = new Map(before.map((fragment) => [key(fragment), fragment]));
  const is = new Map(after.map((fragment) => [key(fragment), fragment]));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [old, now] = [was.get(name), is.get(name)];
    const path = `fragments[${name}]`;
    if (old === undefined) return [difference(path, 'wider', `the fragment ${name} may now be loaded`)];
    if (now === undefined)
      return [difference(path, 'narrower', `the fragment ${name} may no longer be loaded`)];
    const text = ({ minimum_svn, includes, parameters, required_receipts = [] }: FragmentImport): string =>
      [
        `SVN ${minimum_svn}, ${includes.join(' and ')}`,
        ...(parameters === undefined ? [] : [`parameters ${JSON.stringify(parameters)}`]),
        ...(required_receipts.length === 0 ? [] : [`receipts of ${required_receipts.join(' and ')}`]),
      ].join(', ');
    if (text(old) === text(now)) return [];
    return [difference(path, 'unclear', `the fragment ${name}: ${text(old)} became ${text(now)}`)];
  });
}

/* Containers belong together by name, else by image, else by place. */
function diffContainers(
  before: readonly ContainerRule[],
  after: readonly ContainerRule[],
): readonly PolicyDifference[] {
  const was = new Map(before.map((container, index) => [containerLabel(container, index), container]));
  const is = new Map(after.map((container, index) => [containerLabel(container, index), container]));
  const order =
    [...is.keys()].filter((name) => was.has(name)).join() !==
    [...was.keys()].filter((name) => is.has(name)).join();
  return [
    ...[...was.keys()]
      .filter((name) => !is.has(name))
      .map((name) => difference(`containers[${name}]`, 'narrower', `${name} may no longer run`)),
    ...[...is].flatMap(([name, container]) => {
      const old = was.get(name);
      return old === undefined
        ? [
            difference(
              `containers[${name}]`,
              'wider',
              `${name} may now run: ${container.id ?? 'an image without a label'}`,
            ),
          ]
        : diffContainer(old, container, name);
    }),
    ...(order ? [difference('containers', 'none', 'the containers stand in another order')] : []),
  ];
}

function diffAdditions(before: KnownPolicy, after: KnownPolicy): readonly PolicyDifference[] {
  const parts = [
    {
      path: 'platform_rules',
      was: before.platformRules,
      is: after.platformRules,
      what: 'what every container may have besides',
    },
    {
      path: 'transparency_trust_lists',
      was: before.trustLists,
      is: after.trustLists,
      what: 'the ledgers whose receipts count',
    },
  ];
  return parts
    .filter(({ was, is }) => JSON.stringify(was) !== JSON.stringify(is))
    .map(({ path, was, is, what }) =>
      difference(
        path,
        was.length === 0 ? 'wider' : is.length === 0 ? 'narrower' : 'unclear',
        `${what} differs`,
      ),
    );
}

function diffExternal(before: KnownPolicy, after: KnownPolicy): readonly PolicyDifference[] {
  const [was, is] = [JSON.stringify(before.externalProcesses), JSON.stringify(after.externalProcesses)];
  if (was === is) return [];
  return [difference('external_processes', 'unclear', 'the processes allowed outside the containers differ')];
}
