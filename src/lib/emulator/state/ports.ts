// Ports of a state directory: chosen by the system once a service, kept ever after, since contracts and keys name them.

import { createServer } from 'node:net';

import { corrupt, type StateStore } from './state-store.js';

/** The port of a service: kept, or chosen now and kept from now on. */
export type PortBook = (service: string) => Promise<number>;

const DOCUMENT = 'ports';

/** @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openPortBook(store: StateStore): Promise<PortBook> {
  const ports = readPorts(await store.load(DOCUMENT));
  const choose = async (service: string): Promise<number> => {
    const kept = ports[service];
    if (kept !== undefined) return kept;
    const chosen = await freePort(Object.values(ports));
    ports[service] = chosen;
    await store.save(DOCUMENT, ports);
    return chosen;
  };
  // One after the other: two services must not get one port, nor one service two.
  let last: Promise<unknown> = Promise.resolve();
  return (service) => {
    const port = last.then(() => choose(service));
    last = port.catch(() => undefined);
    return port;
  };
}

function readPorts(document: unknown): Record<string, number> {
  if (document === null) return {};
  const entries = typeof document === 'object' && !Array.isArray(document) ? Object.entries(document) : [];
  if (entries.length === 0 || entries.some(([, port]) => !isPort(port)))
    throw corrupt('ports.json', new Error('not a table of ports'));
  return Object.fromEntries(entries as [string, number][]);
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}

/**
 * A port nobody listens on now. Taken from below the range that systems use for outgoing connections (32768 up on
 * Linux), so that a kept port is seldom taken by one.
 */
export async function freePort(taken: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (!taken.includes(port) && (await canListen(port))) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
