// Where a group is on this machine: its directories, its log files and its address.

import { createHash } from 'node:crypto';
import { join } from 'node:path';

export interface RoomPlaces {
  /** Names the group in paths and in its hostname. */
  readonly key: string;
  /** 127.x.y.z: the same after each restart, another one in another emulator. Never 127.0.y.z. */
  readonly address: string;
  readonly logDirectory: string;
  readonly logFile: (container: string) => string;
  /** A path that is gone when the group ends; short enough for sockets. */
  readonly runtime: (name?: string) => string;
  readonly scratch: (container: string) => string;
}

export interface HostDirectories {
  /** Kept over restarts: logs, and the directories that stand for Azure file shares. */
  readonly directory: string;
  /** Short-lived and short enough for socket paths. */
  readonly runtimeDirectory: string;
  /** Tells this emulator's addresses from another's. */
  readonly emulatorId: string;
}

/** The places of the group with this resource id, whose case does not matter. */
export function roomPlaces(
  groupId: string,
  { directory, runtimeDirectory, emulatorId }: HostDirectories,
): RoomPlaces {
  const id = groupId.toLowerCase();
  const key = createHash('sha256').update(id).digest('hex').slice(0, 12);
  const logDirectory = join(directory, 'logs', key);
  const runtime = (name = ''): string => join(runtimeDirectory, key, name);
  return {
    key,
    address: loopbackAddress(emulatorId, id),
    logDirectory,
    logFile: (container) => join(logDirectory, `${container}.log`),
    runtime,
    scratch: (container) => runtime(join('scratch', container)),
  };
}

function loopbackAddress(emulatorId: string, id: string): string {
  const digest = createHash('sha256').update(`${emulatorId} ${id}`).digest();
  const [a = 0, b = 0, c = 0] = digest;
  return `127.${(a % 254) + 1}.${b}.${(c % 254) + 1}`;
}
