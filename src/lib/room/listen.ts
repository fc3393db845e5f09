// Where a room's page is served: a port that the kernel does not give is a fault of the contract or the group, and said as one.

import { once } from 'node:events';
import type { Server } from 'node:net';

import { CleanroomError, systemErrorCode } from '../base/errors.js';

const REFUSED = new Set(['EACCES', 'EADDRINUSE', 'EADDRNOTAVAIL']);

/** Listens on every address of the group. @throws CleanroomError ROOM_PORT_UNUSABLE */
export async function listenOn(server: Server, port: number | undefined): Promise<void> {
  server.listen(port, '0.0.0.0');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === undefined || !REFUSED.has(code)) throw cause;
    throw new CleanroomError('ROOM_PORT_UNUSABLE', `the room cannot listen on port ${port ?? 0} (${code})`, {
      cause,
    });
  }
}
