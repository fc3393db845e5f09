// What of a container group is compared before it is deployed again: every setting that we send and that the platform
// gives back. Secrets are compared by name only: the platform never gives their values back.

import type { ContainerGroup } from '@azure/arm-containerinstance';

import { sha256Hex } from '../base/bytes/digest.js';
import { ACCESS_ENDS_TAG } from '../ports/container-group.js';
import type { Difference } from '../ports/ports.js';

/** Settings by a name that a person understands. */
export type GroupFacts = ReadonlyMap<string, string>;

/** The facts of a group, asked for or given back: the same for both. */
export function groupFacts(group: ContainerGroup): GroupFacts {
  const { confidentialComputeProperties, ipAddress, identity, tags = {} } = group;
  const facts = new Map<string, string | undefined>([
    ['region', group.location?.replaceAll(' ', '').toLowerCase()],
    ['sku', group.sku ?? 'Standard'],
    ['CCE policy', digestOf(confidentialComputeProperties?.ccePolicy)],
    ['restart policy', group.restartPolicy],
    ['DNS name label', ipAddress?.dnsNameLabel],
    ['public ports', ipAddress?.ports.map(({ port }) => port).join(', ')],
    [
      'identity',
      Object.keys(identity?.userAssignedIdentities ?? {})
        .join(', ')
        .toLowerCase(),
    ],
    [
      'registries',
      (group.imageRegistryCredentials ?? [])
        .map(({ server, username }) => `${server} ${username ?? 'by identity'}`)
        .join(', '),
    ],
    [
      'volumes',
      (group.volumes ?? [])
        .map(
          ({ name, azureFile }) =>
            `${name} ${azureFile?.storageAccountName ?? ''}/${azureFile?.shareName ?? ''}`,
        )
        .join(', '),
    ],
  ]);
  for (const [name, value] of Object.entries(tags))
    if (name.startsWith('cleanroom-') && name !== ACCESS_ENDS_TAG) facts.set(`tag ${name}`, value);
  for (const container of group.containers) addContainer(facts, container);
  return new Map(
    [...facts].flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

function addContainer(
  facts: Map<string, string | undefined>,
  container: ContainerGroup['containers'][number],
): void {
  const {
    name,
    resources,
    environmentVariables = [],
    livenessProbe,
    readinessProbe,
    securityContext,
  } = container;
  const set = (what: string, value: string | undefined): Map<string, string | undefined> =>
    facts.set(`container ${name}: ${what}`, value);
  set('image', container.image);
  set('command', container.command?.join(' '));
  set('vCPU', resources.requests.cpu.toString());
  set('user', userOf(securityContext));
  set('privilege escalation', securityContext?.allowPrivilegeEscalation === false ? 'no' : undefined);
  set('capabilities taken away', securityContext?.capabilities?.drop?.join(', '));
  set('memory in GiB', resources.requests.memoryInGB.toString());
  set('ports', container.ports?.map(({ port }) => port).join(', '));
  set(
    'mounts',
    container.volumeMounts?.map(({ name: volume, mountPath }) => `${volume} at ${mountPath}`).join(', '),
  );
  for (const [what, probe] of [
    ['liveness probe', livenessProbe],
    ['readiness probe', readinessProbe],
  ] as const)
    set(
      what,
      probe?.httpGet === undefined ? undefined : `${probe.httpGet.path ?? ''} on ${probe.httpGet.port}`,
    );
  for (const { name: variable, value } of environmentVariables)
    set(`variable ${variable}`, value ?? '(secret)');
}

/* Undefined: the image's own. */
function userOf(context: ContainerGroup['containers'][number]['securityContext']): string | undefined {
  const { runAsUser, runAsGroup } = context ?? {};
  return runAsUser === undefined ? undefined : [runAsUser, runAsGroup ?? ''].join(':');
}

/** What has to change for `running` to be `wanted`, in a stable order. */
export function compareFacts(running: GroupFacts, wanted: GroupFacts): readonly Difference[] {
  return [...new Set([...running.keys(), ...wanted.keys()])].flatMap((what) => {
    const [from, to] = [running.get(what) ?? null, wanted.get(what) ?? null];
    return from === to ? [] : [{ what, from, to }];
  });
}

function digestOf(ccePolicy: string | undefined): string | undefined {
  return ccePolicy === undefined ? undefined : `sha256 ${sha256Hex(Buffer.from(ccePolicy, 'base64'))}`;
}
