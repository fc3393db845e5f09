// Findings about mounts: whose content stands where in a container.

import type { ContainerRule, MountRule } from '../policy-document.js';
import { MOUNT_SOURCES, type MountKind, RESOLV_CONF_MOUNT } from '../text/defaults.js';
import { VIRTUAL_NODE_MOUNTS } from '../text/virtual-node.js';
import { type Finding, finding } from './finding.js';
import { groupBy } from './group-by.js';
import { isWithin, SENSITIVE_PLACES, type SensitivePlace } from './paths.js';
import { posixNormalize, posixResolve } from './posix-path.js';

/* Volumes that the host fills, or reads. */
const HOST_CONTENT: Partial<Record<MountKind, string>> = {
  azureFile: 'a share of Azure Files',
  secret: 'a secret volume',
  secretsSource: 'a shared directory',
  gitRepo: 'a clone of a Git repository',
};

export function lintMounts(container: ContainerRule, label: string): readonly Finding[] {
  return [
    ...container.mounts.flatMap((mount) => [
      ...lintSource(mount, label),
      ...lintDestination(mount, container, label),
    ]),
    ...lintRepeated(container.mounts, label),
  ];
}

function lintSource(mount: MountRule, label: string): readonly Finding[] {
  const { destination } = mount;
  const kind = (Object.keys(MOUNT_SOURCES) as MountKind[]).find(
    (name) => MOUNT_SOURCES[name] === mount.source,
  );
  if (kind === undefined || mount.type !== 'bind') {
    return [
      finding(
        'MOUNT_UNKNOWN',
        label,
        `${destination} of ${label} is mounted from ${mount.source}${mount.type === 'bind' ? '' : ` as ${mount.type}`}`,
        'whatever the host puts there is taken, if its path fits that pattern',
      ),
    ];
  }
  const volume = HOST_CONTENT[kind];
  if (volume === undefined) {
    return [
      finding(
        'MOUNT_SCRATCH',
        label,
        `${destination} of ${label} is provided by the platform`,
        kind === 'resolvconf'
          ? 'the host chooses the name server; only TLS with pinned names protects a connection'
          : 'another container of the group with the same volume reads what is written there',
      ),
    ];
  }
  const access = mount.options.includes('ro')
    ? 'the host chooses what is read there'
    : 'the host reads what is written there';
  return [
    finding(
      'MOUNT_HOST_CONTENT',
      label,
      `${destination} of ${label} is ${volume}`,
      `the host may put another ${volume.replace(/^a /, '')} there under the same policy hash; ${access}`,
    ),
  ];
}

/* The mounts that the platform makes in every container, as they are: ACI's one, or the five of a kubelet together. */
function isPlatformMount(mount: MountRule, { mounts }: ContainerRule): boolean {
  if (sameMount(mount, RESOLV_CONF_MOUNT)) return true;
  const isPod = VIRTUAL_NODE_MOUNTS.every((own) => mounts.some((each) => sameMount(each, own)));
  return isPod && VIRTUAL_NODE_MOUNTS.some((own) => sameMount(mount, own));
}

function sameMount(a: MountRule, b: MountRule): boolean {
  return (
    a.destination === b.destination &&
    a.source === b.source &&
    a.type === b.type &&
    a.options.toSorted().join() === b.options.toSorted().join()
  );
}

const COVERED = { code: 'MOUNT_OVER_CODE', trust: 'MOUNT_OVER_TRUST', system: 'MOUNT_OVER_SYSTEM' } as const;
const CONSEQUENCES = {
  code: 'the program comes from the mount and not from the measured layers',
  trust: 'the source of the mount decides whom the program trusts',
  system: 'the program sees what the mount shows it in place of the kernel’s own view',
} as const;

/* One finding a mount: the gravest of what its destination covers. */
function lintDestination(mount: MountRule, container: ContainerRule, label: string): readonly Finding[] {
  if (isPlatformMount(mount, container)) return [];
  const [covered] = coveredPlaces(mount.destination, container);
  if (covered === undefined) return [];
  return [
    finding(
      COVERED[covered.kind],
      label,
      `the mount at ${mount.destination} of ${label} covers ${covered.path}, which is ${covered.holds}`,
      CONSEQUENCES[covered.kind],
    ),
  ];
}

function coveredPlaces(destination: string, container: ContainerRule): readonly SensitivePlace[] {
  const own = ownPlaces(container).filter(({ path }) => isWithin(path, destination));
  const known = SENSITIVE_PLACES.filter(
    ({ path }) =>
      isWithin(path, destination) || (isWithin(destination, path) && !isHarmlessWithin(destination, path)),
  );
  return [...own, ...known];
}

/* Below these, only what is named covers something: other files there belong to the program. */
const WIDE: readonly string[] = ['/etc', '/opt', '/app', '/usr/share', '/usr/local/share', '/dev'];
const CODE_PART =
  /\/(?:bin|sbin|lib|lib64|libexec|node_modules|site-packages|dist-packages|dist|src|plugins|modules)(?:\/|$)/;

function isHarmlessWithin(destination: string, path: string): boolean {
  if (!WIDE.includes(path)) return false;
  const rest = posixNormalize(destination).slice(path.length);
  return rest !== '' && !CODE_PART.test(rest);
}

/* What this container runs: its arguments as paths, its directory, and the directories of its PATH. */
function ownPlaces(container: ContainerRule): readonly SensitivePlace[] {
  const commands = [container.command ?? [], ...container.exec_processes.map(({ command }) => command)];
  const files = commands
    .flatMap((command) => command.flatMap((argument) => argument.split(/[\s=]+/)))
    .filter(
      (word) =>
        /^\.{0,2}\/|^[\w.-]+\/|\.(?:m?js|cjs|py|sh|rb|pl|jar|so)$/.test(word) && !word.includes('://'),
    );
  const search = container.env_rules
    .filter(({ strategy, pattern }) => strategy === 'string' && pattern.startsWith('PATH='))
    .flatMap(({ pattern }) => pattern.slice('PATH='.length).split(':'))
    .filter((directory) => directory.startsWith('/'));
  const directory = container.working_dir;
  return [
    ...files.map((file) => ownPlace(posixResolve(directory, file), 'run by the container')),
    ...(posixNormalize(directory) === '/' ? [] : [ownPlace(directory, 'where the program starts')]),
    ...search.map((path) => ownPlace(path, 'where its programs are looked for')),
  ];
}

function ownPlace(path: string, holds: string): SensitivePlace {
  return { path, kind: 'code', holds };
}

function lintRepeated(mounts: readonly MountRule[], label: string): readonly Finding[] {
  const byPlace = groupBy(mounts, ({ destination }) => posixNormalize(destination));
  return [...byPlace].flatMap(([destination, rules]) => {
    const distinct = rules.filter(
      (rule, index) => rules.findIndex((other) => sameMount(rule, other)) === index,
    );
    if (distinct.length < 2) return [];
    const sources = distinct.map(({ source, options }) => `${source} (${options.join()})`).join(' and ');
    return [
      finding(
        'MOUNT_TWICE',
        label,
        `${destination} of ${label} may be mounted in ${distinct.length} ways`,
        `the host chooses between ${sources}`,
      ),
    ];
  });
}
