// Microsoft's key release sidecar as it is, in a guest that the supervisor plays: the device answers from the emulated processor, the
// address of the metadata service leads to the local one.

import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PSP_DEVICE_NAME } from '../../../src/lib/emulator/amd/psp-device.js';
import { createSidecarClient } from '../../../src/lib/room/key-release/sidecar-client.js';
import type { LocalRoom } from '../../support/local-room.js';
import { freePort } from '../../support/local-room.js';
import type { Command } from '../peer.js';

const READY_SECONDS = 30;
const MINUTES = 5;

export interface RunningSidecar {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param skr - path of the sidecar's program. @throws Error where it is not ready in time, with what it said last */
export async function startMicrosoftSidecar(
  room: LocalRoom,
  supervisor: Command,
  skr: string,
): Promise<RunningSidecar> {
  const port = await freePort();
  const proxy = await serveMetadataProxy(room.metadataPort);
  const roots = join(room.directory, 'roots.pem');
  await writeFile(roots, room.vault.tls.rootPem);
  const psp = join(room.directory, PSP_DEVICE_NAME);
  const child = spawn(supervisor.command, [psp, String(MINUTES), skr, '-port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      UVM_SECURITY_CONTEXT_DIR: room.directory,
      SSL_CERT_FILE: roots,
      HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
      GIN_MODE: 'release',
    },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    proxy.close();
  };
  const client = createSidecarClient({ port });
  const until = performance.now() + READY_SECONDS * 1000;
  while (performance.now() < until && child.exitCode === null) {
    if ((await client.status().catch((cause: unknown) => cause)) === undefined) return { port, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error(`${skr} is not ready: ${said.trim().split('\n').at(-1) ?? 'it said nothing'}`);
}

/* Go sends what goes to 169.254.169.254 to the proxy as it is, with the whole URL. */
async function serveMetadataProxy(metadataPort: number) {
  const server = createServer((incoming, outgoing) => {
    const { pathname, search } = new URL(incoming.url ?? '/', 'http://169.254.169.254');
    const onward = request(
      { host: '127.0.0.1', port: metadataPort, path: pathname + search, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.writeHead(502).end());
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
