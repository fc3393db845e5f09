// The guest's device /dev/sev-guest as a unix socket: 64 bytes of REPORT_DATA in, a report of 1184 bytes out.

import { createServer, type Socket } from 'node:net';

import { CleanroomError, describeCause } from '../../base/errors.js';

/** Name of the socket in the group's security-context directory. */
export const PSP_DEVICE_NAME = 'sev-guest.sock';
export const REPORT_DATA_BYTES = 64;

export interface PspDevice {
  close(): Promise<void>;
}

/**
 * Serves the device of one group at `path`; whoever can open the socket is the guest.
 *
 * @throws CleanroomError EMULATOR_START_FAILED if the socket cannot be made (a path has at most some 100 bytes).
 */
export function servePspDevice(
  path: string,
  signReport: (reportData: Uint8Array) => Uint8Array,
): Promise<PspDevice> {
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    answerOnce(connection, signReport);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new CleanroomError('EMULATOR_START_FAILED', `no PSP device at ${path}: ${describeCause(cause)}`, {
          cause,
        }),
      ),
    );
    server.listen(path, () =>
      resolve({
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const connection of connections) connection.destroy();
          }),
      }),
    );
  });
}

function answerOnce(connection: Socket, signReport: (reportData: Uint8Array) => Uint8Array): void {
  let received = Buffer.alloc(0);
  connection.on('error', () => connection.destroy());
  connection.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < REPORT_DATA_BYTES) return;
    // More than a request is not a request.
    if (received.length > REPORT_DATA_BYTES) connection.destroy();
    else connection.end(signReport(received));
  });
}
