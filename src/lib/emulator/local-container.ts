// The process of a container that runs here: which one `emulator exec` enters, and why there is none.

import { CleanroomError } from '../base/errors.js';
import { runningProcess } from '../parties/emulator-directory.js';
import { readPublishedStatus } from './describe-emulator.js';
import { readRunningContainers } from './room-host/running-containers.js';

/**
 * The process of a container in namespaces, of the emulator that runs on `directory`.
 *
 * @throws CleanroomError EMULATOR_NOT_RUNNING; ROOM_NEEDS_NAMESPACES where its rooms are processes of this machine, which have
 *   nothing to enter; ROOM_NOT_FOUND where no such container runs, as of every group in Azure
 */
export async function findLocalContainer(
  directory: string,
  group: string,
  container: string,
): Promise<number> {
  if ((await runningProcess(directory)) === null)
    throw new CleanroomError('EMULATOR_NOT_RUNNING', `no emulator is running on ${directory}`);
  const { rooms } = await readPublishedStatus(directory);
  if (rooms?.kind === 'processes')
    throw new CleanroomError(
      'ROOM_NEEDS_NAMESPACES',
      `rooms of this local Azure are processes of this machine (${rooms.why ?? 'no namespaces'}): there is no container to enter`,
    );
  const running = await readRunningContainers(directory);
  const found = running.find((entry) => entry.group === group && entry.container === container);
  if (found !== undefined) return found.pid;
  const known = running.map((entry) => `${entry.group} ${entry.container}`).join(', ');
  throw new CleanroomError(
    'ROOM_NOT_FOUND',
    `no container "${container}" of a group "${group}" runs in the local Azure`,
    {
      hint: `Running here: ${known || 'none'}. A room in Azure cannot be entered: its policy lists no further process.`,
    },
  );
}
