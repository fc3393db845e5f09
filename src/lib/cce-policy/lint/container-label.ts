// What a container is called.

import type { ContainerRule } from '../policy-document.js';

/** A container's name for people: its label, else its image, else its place. */
export function containerLabel(container: ContainerRule, index: number): string {
  return container.name ?? container.id ?? `container ${index + 1}`;
}
