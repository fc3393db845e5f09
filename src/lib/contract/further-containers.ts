// The containers of a group besides the room's own two: each of them can have every key.

import type { Contract } from './schema.js';

/** The containers that every room has. */
export const OWN_CONTAINERS = ['summarizer', 'skr'] as const;

/** Names of all others. The sidecar answers whoever asks inside the group's network, so each can have every key. */
export function furtherContainers({ containers }: Pick<Contract['room'], 'containers'>): readonly string[] {
  return containers.map(({ name }) => name).filter((name) => !OWN_CONTAINERS.some((own) => own === name));
}
