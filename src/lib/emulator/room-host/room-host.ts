// The room host: every container group of the local Azure, by its resource id.

import type { RoomHost, GroupSpec } from './group-spec.js';
import { Room, type RoomHostOptions } from './room.js';
import { keepRunningContainers } from './running-containers.js';

/** The host, with the end of everything it runs. */
export interface RunningRoomHost extends RoomHost {
  close(): Promise<void>;
}

export function createRoomHost(options: RoomHostOptions): RunningRoomHost {
  const rooms = new Map<string, Room>();
  const running = keepRunningContainers(options.directory);
  const keyOf = (id: string): string => id.toLowerCase();
  let closed = false;
  const roomOf = (spec: GroupSpec): Room => {
    const room = new Room(spec, options, running);
    rooms.set(keyOf(spec.id), room);
    return room;
  };
  return {
    inaccessibleImage: async ({ containers }) => {
      for (const { image } of containers) if (!(await options.images.has(image))) return image;
      return null;
    },
    launch: async (spec) => {
      await rooms.get(keyOf(spec.id))?.halt();
      return closed ? null : roomOf(spec).launch();
    },
    halt: async (id) => rooms.get(keyOf(id))?.halt(),
    remove: async (id) => {
      const room = rooms.get(keyOf(id));
      rooms.delete(keyOf(id));
      await room?.halt();
      await room?.forget();
    },
    view: (id) => rooms.get(keyOf(id))?.view() ?? null,
    logs: async (id, container) => rooms.get(keyOf(id))?.logs(container) ?? null,
    close: async () => {
      closed = true;
      await Promise.all([...rooms.values()].map((room) => room.halt()));
      await running.written();
    },
  };
}
