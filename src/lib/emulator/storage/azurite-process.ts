// The process that Azurite's blob server runs in. Started by azurite.ts; ends with its parent.
// Azurite 3.35 exports no API: these classes are those that its own main.js starts.

import { createRequire } from 'node:module';
import { chmod, mkdir } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';

/** What the parent sends first. */
export interface AzuriteStart {
  readonly directory: string;
  readonly blobSocket: string;
}

interface LokiStore {
  readonly db: { autosaveInterval: number; autosaveDisable(): void; autosaveEnable(): void };
}

interface AzuriteServer {
  readonly httpServer: Server;
  readonly metadataStore: LokiStore;
  readonly extentMetadataStore: LokiStore;
  start(): Promise<void>;
  close(): Promise<void>;
}

type Constructor<T> = new (...parameters: readonly unknown[]) => T;

/* Azurite saves its tables every 5 s; what a kill -9 of both processes may lose is less with this. */
const SAVE_INTERVAL_MS = 250;

process.once('message', (start: AzuriteStart) => {
  run(start).catch((failure: unknown) => {
    process.send?.({ failed: failure instanceof Error ? failure.message : String(failure) });
    process.exit(1);
  });
});
// Ctrl-C at a terminal reaches the whole group: only the parent decides.
process.on('SIGINT', () => undefined);

async function run(start: AzuriteStart): Promise<void> {
  const server = await startServer(start);
  const stop = (): void => {
    server
      .close()
      .catch(() => undefined)
      .finally(() => process.exit(0));
  };
  process.once('disconnect', stop);
  process.once('SIGTERM', stop);
  process.send?.({ ready: true });
}

async function startServer({ directory, blobSocket }: AzuriteStart): Promise<AzuriteServer> {
  const Configuration = loadClass<object>('blob/BlobConfiguration');
  const Server = loadClass<AzuriteServer>('blob/BlobServer');
  const extents = join(directory, 'blob-extents');
  await mkdir(extents, { recursive: true, mode: 0o700 });
  const server = new Server(
    new Configuration(
      blobSocket, // host
      blobSocket, // port: node listens on a path
      60, // keep-alive, s
      join(directory, 'blob.json'),
      join(directory, 'blob-extents.json'),
      [{ locationId: 'Default', locationPath: extents, maxConcurrency: 50 }],
      false, // access log
      undefined,
      false, // debug log
      undefined,
      false, // loose
      true, // skip API version check
    ),
  );
  // The front has ended TLS: a SAS that demands https is served by what came over https.
  server.httpServer.on('connection', (connection: Socket) => {
    Object.assign(connection, { encrypted: true });
  });
  await listenOnPath(server, blobSocket);
  for (const { db } of [server.metadataStore, server.extentMetadataStore]) {
    db.autosaveDisable();
    db.autosaveInterval = SAVE_INTERVAL_MS;
    db.autosaveEnable();
  }
  return server;
}

function loadClass<T>(path: string): Constructor<T> {
  const loaded = createRequire(import.meta.url)(`azurite/dist/src/${path}`) as {
    readonly default: Constructor<T>;
  };
  return loaded.default;
}

/** `start()` passes the host as listen's second argument, which for a path would be the backlog. */
async function listenOnPath(server: AzuriteServer, socket: string): Promise<void> {
  const { httpServer } = server;
  const listen = httpServer.listen.bind(httpServer);
  httpServer.listen = ((_port: unknown, _host: unknown, listening: () => void) =>
    listen(socket, listening)) as typeof httpServer.listen;
  await server.start();
  await chmod(socket, 0o600);
}
