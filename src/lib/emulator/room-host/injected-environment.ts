// What the platform adds to every container's environment (confcom, "injected rules"); none of it chooses whom to trust.

import { createHash, randomUUID } from 'node:crypto';

import type { GroupSpec } from './group-spec.js';

/** Variables that ACI injects, and a virtual node: `NAME=VALUE`. `scratch` is a directory of the container's own. */
export function injectedEnvironment(group: GroupSpec, container: string, scratch: string): readonly string[] {
  const caas = createHash('sha256').update(group.id.toLowerCase()).digest('hex').slice(0, 32);
  return [
    'TERM=xterm',
    `HOSTNAME=${group.pod?.hostname ?? `SandboxHost-${caas.slice(0, 18)}`}`,
    `TMP=${scratch}`,
    `TEMP=${scratch}`,
    `Fabric_ApplicationName=caas-${caas}`,
    `Fabric_CodePackageName=${container}`,
    'Fabric_NET-0-[Other]-0=127.0.0.1',
    `FabricPackageFileName=caas-${caas}`,
    `HostedServiceName=${group.name}`,
    'IDENTITY_API_VERSION=2020-05-01',
    `IDENTITY_HEADER=${randomUUID()}`,
    'IDENTITY_SERVER_THUMBPRINT=0000000000000000000000000000000000000000',
    ...(group.pod?.variables ?? []),
  ];
}
