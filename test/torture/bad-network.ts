// A network that cuts connections, holds chunks back, and lets later connections overtake earlier ones.

import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Disturbance, preloading } from './disturbed.js';

/* What befalls one connection; times in milliseconds. */
interface Fate {
  /** Before anything passes: connections that come later overtake it. */
  readonly heldMs: number;
  /** The most that a chunk is late. */
  readonly lateMs: number;
  /** Bytes after which it is cut; Infinity: never. */
  readonly cutAfter: number;
}

/** Every port of a local Azure. */
export function portsOf(emulatorDirectory: string): readonly number[] {
  const file = readFileSync(join(emulatorDirectory, 'state', 'ports.json'), 'utf8');
  return Object.values(JSON.parse(file) as Record<string, number>);
}

/** Proxies before these ports of 127.0.0.1. `close` ends them. */
export async function badNetwork(
  targets: readonly number[],
  random: () => number,
): Promise<Disturbance & { close(): void }> {
  const proxies = await Promise.all(targets.map((target) => startProxy(target, () => fateOf(random))));
  const ports = Object.fromEntries(targets.map((target, index) => [target, portOf(proxies[index]!)]));
  const env = { NODE_OPTIONS: preloading('reroute.mjs'), TORTURE_PORTS: JSON.stringify(ports) };
  return {
    name: 'network that cuts, delays, reorders',
    begin: () => Promise.resolve({ env }),
    end: () => Promise.resolve(),
    never: ['LOGIN_FAILED', 'INTERNAL'],
    close: () => proxies.forEach((proxy) => proxy.close()),
  };
}

function fateOf(random: () => number): Fate {
  const kind = random();
  return {
    heldMs: kind < 0.2 ? 2_000 * random() : 0,
    lateMs: kind > 0.3 && kind < 0.8 ? 120 * random() : 0,
    cutAfter: kind > 0.7 ? 20_000 * random() : Infinity,
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function startProxy(target: number, fate: () => Fate): Promise<Server> {
  const proxy = createServer((socket) => void serve(socket, target, fate()));
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  return proxy;
}

async function serve(client: Socket, target: number, fate: Fate): Promise<void> {
  client.on('error', () => undefined);
  await delay(fate.heldMs);
  const server = connect(target, '127.0.0.1').on('error', () => undefined);
  let left = fate.cutAfter;
  const pass = async (from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (fate.lateMs > 0) await delay(fate.lateMs);
      to.write(chunk.subarray(0, Math.min(chunk.length, Math.max(0, left))));
      left -= chunk.length;
      if (left <= 0) break;
    }
    from.destroy();
    to.destroySoon();
  };
  await Promise.allSettled([pass(client, server), pass(server, client)]);
}
