// `destroy`: the container groups of a deployment, and the queue where no room is left that works from it.

import type { ContractQueue } from '../../contract/schema.js';
import type { Progress } from '../../base/progress.js';
import { QUEUE_TAG } from '../../ports/container-group.js';
import type { RoomOperator, RoomState } from '../../ports/ports.js';
import type { Environment } from '../environment.js';

/** The queue that goes with these rooms: the one that they were given, unless another room has it too. */
export async function queueToRemove(
  operator: RoomOperator,
  found: readonly RoomState[],
): Promise<ContractQueue | null> {
  const url = found[0]?.tags[QUEUE_TAG];
  if (url === undefined) return null;
  const going = new Set(found.map(({ name }) => name));
  const shared = (await operator.list()).some(
    ({ name, tags }) => tags[QUEUE_TAG] === url && !going.has(name),
  );
  const slash = url.lastIndexOf('/');
  return shared ? null : { account: url.slice(0, slash), name: url.slice(slash + 1) };
}

export interface DestroyInput {
  readonly operator: RoomOperator;
  readonly rooms: readonly string[];
  readonly queue: ContractQueue | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export async function destroyRooms(
  environment: Environment,
  { operator, rooms, queue, progress, signal }: DestroyInput,
): Promise<void> {
  for (const name of rooms) {
    progress.phase(`removing ${name}`);
    await operator.remove(name, signal);
  }
  if (queue === null) return;
  progress.phase(`removing the queue ${queue.name}`);
  const { createWorkQueues } = await import('../../azure/work-queues.js');
  await createWorkQueues(await environment.connect()).remove(queue);
}
