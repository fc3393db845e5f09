// A request to a room's own port.

import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

import type { RunningRoom } from '../../../src/lib/room/room.js';
import { collect } from '../sealed.js';

/** What a room's port answers. */
export interface RoomReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The room's certificate is nobody's to trust by name: tests of the page take it as it is, tests of evidence look at its key. */
export function askRoom(room: RunningRoom, path: string, method: string): Promise<RoomReply> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: room.port,
      path,
      method,
      rejectUnauthorized: false,
      agent: false,
    };
    const outgoing = request(options, (incoming) => {
      collect(incoming as AsyncIterable<Uint8Array>).then((body) => {
        const text = Buffer.from(body).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
