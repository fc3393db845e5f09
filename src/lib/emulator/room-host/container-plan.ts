// A container as its host is about to start it, before the policy is asked.

import type { EventLog } from './event-log.js';
import type { ContainerSpec, GroupSpec } from './group-spec.js';
import type { ImageCache } from './images.js';
import { injectedEnvironment } from './injected-environment.js';
import type { ContainerPlan } from './policy-admission.js';

export interface PlanOptions {
  readonly group: GroupSpec;
  readonly images: ImageCache;
  /** Where the container may write what nobody keeps, as it sees it. */
  readonly scratch: string;
  readonly events: EventLog | undefined;
}

/** Pulls the image of `spec` and puts command and environment together: deployed before the image's own. */
export async function planContainer(
  spec: ContainerSpec,
  { group, images, scratch, events }: PlanOptions,
): Promise<ContainerPlan> {
  events?.add('Normal', 'Pulling', `pulling image "${spec.image}"`);
  const image = await images.prepare(spec.image);
  events?.add('Normal', 'Pulled', `Successfully pulled image "${spec.image}"`);
  const deployed = spec.environment.map(({ name, value }) => `${name}=${value}`);
  const named = new Set(spec.environment.map(({ name }) => name));
  const inherited = image.environment.filter((entry) => !named.has(entry.slice(0, entry.indexOf('='))));
  return {
    spec,
    image,
    command: spec.command ?? image.entrypoint,
    environment: [...deployed, ...inherited, ...injectedEnvironment(group, spec.name, scratch)],
  };
}

/**
 * The container that must not run where rooms get no namespaces: there nothing but Node's permission model stands between a
 * program and this machine's user, so that every layer and the command have to be this installation's own. Null if all are.
 */
export function foreignProgram(
  plans: readonly ContainerPlan[],
  own: ReadonlySet<string>,
  isNodeProgram: (command: readonly string[]) => boolean,
): ContainerSpec | null {
  const foreign = plans.find(
    ({ image, command }) =>
      !image.layers.some((layer) => own.has(layer)) ||
      !image.layers.slice(1).every((layer) => own.has(layer)) ||
      !isNodeProgram(command),
  );
  return foreign?.spec ?? null;
}
