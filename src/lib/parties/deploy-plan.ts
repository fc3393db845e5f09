// A deployment's plan: which container groups are made, replaced, removed or left as they are, and what they cost.

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import {
  ACCESS_ENDS_TAG,
  type ContainerGroupDescription,
  CONTRACT_TAG,
  DEPLOYMENT_TAG,
} from '../ports/container-group.js';
import type { DeploymentNews, Difference, RoomOperator, RoomState } from '../ports/ports.js';

export type DeployAction = 'create' | 'replace' | 'none';

export interface GroupPlan {
  readonly name: string;
  readonly action: DeployAction;
  readonly differences: readonly Difference[];
  readonly existing: RoomState | null;
}

/** What Azure bills by, for as long as the groups run. */
export interface CostFacts {
  readonly groups: number;
  readonly vcpu: number;
  readonly memoryGiB: number;
  readonly region: string;
  readonly sku: 'Confidential' | 'Standard';
}

export interface GroupsPlan {
  /** The strongest of all groups' actions; a surplus group makes it `replace`. */
  readonly action: DeployAction;
  readonly groups: readonly GroupPlan[];
  /** Groups of this deployment that are not wanted any more. */
  readonly surplus: readonly string[];
  readonly cost: CostFacts;
}

/**
 * Compares the groups that are wanted with those that run. Changes nothing.
 *
 * @param deployment - name by which the groups of one deployment know each other.
 * @param wanted - with stand-ins for secrets: those are compared by name only.
 * @throws CleanroomError ROOM_NOT_OURS where a group of that name was made by somebody else
 */
export async function planGroups(
  deployment: string,
  wanted: readonly ContainerGroupDescription[],
  { rooms, now }: { readonly rooms: RoomOperator; readonly now: Date },
): Promise<GroupsPlan> {
  const groups = await Promise.all(wanted.map((description) => planGroup(description, rooms, now)));
  const names = new Set(wanted.map(({ name }) => name));
  const surplus = (await rooms.list())
    .filter(({ name, tags }) => tags[DEPLOYMENT_TAG] === deployment && !names.has(name))
    .map(({ name }) => name);
  const actions = groups.map(({ action }) => action);
  const replaces = surplus.length > 0 || actions.includes('replace');
  return {
    action: replaces ? 'replace' : actions.includes('create') ? 'create' : 'none',
    groups,
    surplus,
    cost: costOf(wanted),
  };
}

async function planGroup(
  description: ContainerGroupDescription,
  rooms: RoomOperator,
  now: Date,
): Promise<GroupPlan> {
  const { name } = description;
  const existing = await rooms.get(name);
  if (existing === null) return { name, action: 'create', differences: [], existing };
  if (existing.tags[CONTRACT_TAG] === undefined) {
    throw new CleanroomError(
      'ROOM_NOT_OURS',
      `there is a container group ${name} that cleanroom did not make; it is left as it is`,
      { hint: 'Choose another name: --name NAME' },
    );
  }
  const differences = [...(await rooms.differences(description)), ...endedBy(existing, now)];
  return { name, action: differences.length > 0 ? 'replace' : 'none', differences, existing };
}

/* What no setting shows: a group that failed, and access that has run out. */
function endedBy(room: RoomState, now: Date): readonly Difference[] {
  const failed = room.provisioningState === 'Failed' || room.state === 'Failed';
  const until = room.tags[ACCESS_ENDS_TAG];
  const ended = until !== undefined && Date.parse(until) <= now.getTime();
  return [
    ...(failed ? [{ what: 'state', from: 'Failed', to: 'Running' }] : []),
    ...(ended ? [{ what: 'access to storage', from: `ended ${until}`, to: 'a new day' }] : []),
  ];
}

/** What these groups cost together. */
export function costOf(wanted: readonly ContainerGroupDescription[]): CostFacts {
  const containers = wanted.flatMap((group) => group.containers);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    groups: wanted.length,
    vcpu: sum(containers.map(({ cpu }) => cpu)),
    memoryGiB: sum(containers.map(({ memoryGiB }) => memoryGiB)),
    region: wanted[0]?.location ?? '',
    sku: wanted.every(({ ccePolicy }) => ccePolicy !== null) ? 'Confidential' : 'Standard',
  };
}

export interface ApplyPlanOptions {
  readonly rooms: RoomOperator;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly told: (news: DeploymentNews) => void;
}

/**
 * Applies a plan: surplus and replaced groups go first, then all that are missing are made at the same time.
 *
 * @returns every wanted group as it is then.
 * @throws CleanroomError DEPLOYMENT_FAILED, POLICY_DENIED, DEPLOYMENT_TIMEOUT, and the refusals of the platform
 */
export async function applyGroups(
  plan: GroupsPlan,
  described: readonly ContainerGroupDescription[],
  options: ApplyPlanOptions,
): Promise<readonly RoomState[]> {
  const { rooms, progress, signal } = options;
  const replaced = plan.groups.filter(({ action }) => action === 'replace').map(({ name }) => name);
  for (const name of [...plan.surplus, ...replaced]) {
    progress.phase(`removing ${name}`);
    await rooms.remove(name, signal);
  }
  return Promise.all(
    described.map(async (description) => {
      const planned = plan.groups.find(({ name }) => name === description.name);
      const kept = planned?.action === 'none' ? planned.existing : null;
      return kept ?? (await applyWithin(description, options));
    }),
  );
}

async function applyWithin(
  description: ContainerGroupDescription,
  { rooms, progress, signal, timeoutMs, told }: ApplyPlanOptions,
): Promise<RoomState> {
  const timeout = AbortSignal.timeout(timeoutMs);
  progress.phase(`creating ${description.name}`);
  const seen = new Set<string>();
  try {
    return await rooms.apply(description, {
      signal: AbortSignal.any([signal, timeout]),
      told: (news) => {
        told(news);
        if (seen.has(news.state)) return;
        seen.add(news.state);
        const id = news.correlationId === null ? '' : `, correlation id ${news.correlationId}`;
        progress.phase(`${news.group}: ${news.state}${id}`);
      },
    });
  } catch (cause) {
    if (signal.aborted) throw leftDeploying(description.name, cause);
    if (!timeout.aborted) throw cause;
    throw new CleanroomError(
      'DEPLOYMENT_TIMEOUT',
      `the container group ${description.name} is not running after ${timeoutMs / 1000} s; Azure continues to create it`,
      { cause },
    );
  }
}

/** The platform goes on with what it was asked for. */
function leftDeploying(name: string, cause: unknown): CleanroomError {
  return new CleanroomError(
    'INTERRUPTED',
    `interrupted; Azure continues to create the container group ${name}`,
    { hint: `Look: cleanroom status ${name}   Remove it: cleanroom destroy ${name}`, cause },
  );
}
