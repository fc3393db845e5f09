// Container groups that no command of ours would deploy: what anybody with a login can send to Azure Resource Manager.

import type { ContainerGroup } from '@azure/arm-containerinstance';

import type { ContainerGroupDescription } from '../../ports/container-group.js';
import type { Connection } from '../../azure/connection.js';
import { createContainerClient, type GroupLocation } from '../../azure/container-groups.js';
import { deploymentError } from '../../azure/deployment-error.js';
import { toContainerGroup } from '../../azure/group-request.js';
import { serviceError } from '../../azure/service-error.js';

const INTERVAL = { updateIntervalInMs: 100 };

/** A group of one container that has no policy at all. */
export interface PlainGroup {
  readonly name: string;
  readonly location: string;
  readonly image: string;
  /** Resource id of the identity that it runs under. */
  readonly identity: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Deploys a group of one container without a policy. @throws CleanroomError DEPLOYMENT_FAILED, SERVICE_* */
export function deployPlainGroup(
  connection: Connection,
  location: GroupLocation,
  group: PlainGroup,
): Promise<void> {
  return deploy(connection, location, group.name, {
    location: group.location,
    osType: 'Linux',
    restartPolicy: 'Never',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [group.identity]: {} } },
    containers: [
      {
        name: 'probe',
        image: group.image,
        environmentVariables: Object.entries(group.environment).map(([name, value]) => ({ name, value })),
        resources: { requests: { cpu: 1, memoryInGB: 1 } },
      },
    ],
  });
}

/** Deploys a described room as an ordinary group: the same images and variables, and no policy. */
export async function deployWithoutPolicy(
  connection: Connection,
  location: GroupLocation,
  description: ContainerGroupDescription,
): Promise<void> {
  const group = toContainerGroup(description);
  delete group.confidentialComputeProperties;
  await deploy(connection, location, description.name, { ...group, sku: 'Standard' });
}

/** Deploys a described room with an Azure Files share mounted over a path of its containers. @throws POLICY_DENIED */
export async function deployWithFileShare(
  connection: Connection,
  location: GroupLocation,
  description: ContainerGroupDescription,
  share: { readonly account: string; readonly name: string; readonly mountPath: string },
): Promise<void> {
  const group = toContainerGroup(description);
  const volumeMounts = [{ name: 'share', mountPath: share.mountPath }];
  await deploy(connection, location, description.name, {
    ...group,
    volumes: [{ name: 'share', azureFile: { shareName: share.name, storageAccountName: share.account } }],
    containers: group.containers.map((container) => ({ ...container, volumeMounts })),
  });
}

/** Asks for a shell in a container. @throws CleanroomError SERVICE_FORBIDDEN where the policy rules it out */
export async function execIntoContainer(
  connection: Connection,
  location: GroupLocation,
  target: { readonly group: string; readonly container: string },
): Promise<void> {
  const client = await createContainerClient(connection, location.subscription);
  try {
    await client.containers.executeCommand(location.resourceGroup, target.group, target.container, {
      command: '/bin/sh',
      terminalSize: { rows: 24, cols: 80 },
    });
  } catch (cause) {
    throw serviceError(`container ${target.container} of ${target.group}: exec`, cause);
  }
}

async function deploy(
  connection: Connection,
  location: GroupLocation,
  name: string,
  group: ContainerGroup,
): Promise<void> {
  const client = await createContainerClient(connection, location.subscription);
  try {
    await client.containerGroups.beginCreateOrUpdateAndWait(location.resourceGroup, name, group, INTERVAL);
  } catch (cause) {
    throw deploymentError(`container group ${name}: create`, cause);
  }
}
