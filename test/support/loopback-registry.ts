// A registry on loopback that serves one image archive in plain http, and tells what it was asked for.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { openImageArchive } from '../../src/lib/images/archive/image-archive.js';

export interface LoopbackRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** Bytes by digest, `sha256:…`: what a test changes is served as it then is. */
  readonly served: Map<string, Uint8Array>;
  /** `Authorization` that it wants; null: none. */
  wanted: string | null;
  /** Serves another archive's image too; its manifest digest. */
  add(archivePath: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startLoopbackRegistry(): Promise<LoopbackRegistry> {
  const asked: string[] = [];
  const served = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (registry.wanted !== null && request.headers.authorization !== registry.wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const bytes = served.get(path.slice(path.lastIndexOf('/') + 1));
    if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registry: LoopbackRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    served,
    wanted: null,
    add: async (archivePath) => {
      const image = await openImageArchive(archivePath);
      try {
        const { documents, configDigest, layers, manifestDigest } = image;
        served.set(String(manifestDigest), documents.manifest!);
        served.set(configDigest, documents.config);
        for (const layer of layers) {
          const bytes: Uint8Array[] = [];
          for await (const chunk of layer.openStored()) bytes.push(Uint8Array.from(chunk));
          served.set(`sha256:${String(layer.storedDigest)}`, Buffer.concat(bytes));
        }
        return String(manifestDigest);
      } finally {
        await image.close();
      }
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return registry;
}
