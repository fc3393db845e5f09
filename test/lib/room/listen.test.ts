// The port of a room's page.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { listenOn } from '../../../src/lib/room/listen.js';

describe('the port of a room', () => {
  it('is said to be unusable where another program listens on it, not that the room has a fault', async () => {
    const first = createServer();
    await listenOn(first, 0);
    const { port } = first.address() as AddressInfo;
    await assert.rejects(listenOn(createServer(), port), {
      code: 'ROOM_PORT_UNUSABLE',
      message: /EADDRINUSE/,
    });
    first.close();
    await once(first, 'close');
  });
});
