// A described container group as the SDK's request, which has no `properties`: the SDK puts them in again on the wire.

import type { ContainerGroup } from '@azure/arm-containerinstance';

import type { ContainerGroupDescription } from '../ports/container-group.js';
import { describeGroupBody } from './arm/group-body.js';

/** The request of a create or update. It holds the group's secrets: never log it. */
export function toContainerGroup(description: ContainerGroupDescription): ContainerGroup {
  const { properties, ...envelope } = describeGroupBody(description, (_, secret) => secret);
  const { containers, ...settings } = properties;
  return {
    ...envelope,
    ...settings,
    containers: containers.map(({ name, properties: own }) => ({ name, ...own })),
  };
}
