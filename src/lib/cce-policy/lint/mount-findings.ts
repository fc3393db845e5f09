// Findings about mounts: whose content stands where in a container.

import type { ContainerRule, MountRule } from '../policy-document.js';
import { MOUNT_SOURCES, type MountKind } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';

/* Volumes that the host fills, or reads. */
const HOST_CONTENT: Partial<Record<MountKind, string>> = {
  azureFile: 'a share of Azure Files',
  secret: 'a secret volume',
  secretsSource: 'a shared directory',
  gitRepo: 'a clone of a Git repository',
};

export function lintMounts(container: ContainerRule, label: string): readonly Finding[] {
  return container.mounts.flatMap((mount) => [
    ...lintSource(mount, label),
    ...lintDestination(mount, container, label),
  ]);
}

function lintSource(mount: MountRule, label: string): readonly Finding[] {
  const { destination } = mount;
  const kind = (Object.keys(MOUNT_SOURCES) as MountKind[]).find(
    (name) => MOUNT_SOURCES[name] === mount.source,
  );
  if (kind === undefined) {
    return [
      finding(
        'MOUNT_UNKNOWN',
        label,
        `${destination} of ${label} is mounted from ${mount.source}`,
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

function lintDestination(mount: MountRule, container: ContainerRule, label: string): readonly Finding[] {
  const directory = mount.destination.endsWith('/') ? mount.destination : `${mount.destination}/`;
  const covered = (container.command ?? []).find((argument) => argument.startsWith(directory));
  if (covered === undefined) return [];
  return [
    finding(
      'MOUNT_OVER_CODE',
      label,
      `the mount at ${mount.destination} covers ${covered}, which ${label} runs`,
      'the program comes from the mount and not from the measured layers',
    ),
  ];
}
