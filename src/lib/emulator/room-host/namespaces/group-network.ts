// A container group's network: a namespace of its own in which nothing listens but the local Azure's services and the group itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { inGroupNamespaces } from './group-namespaces.js';
import { HOLDER_PROGRAM } from './holder-program.js';
import type { RoomUser } from './room-user.js';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface GroupNetwork {
  /** Arguments that run a command in the group's user, network, IPC and host name namespaces. */
  readonly enter: readonly string[];
  /** Makes `outside` reachable in the group at `inside`. @throws Error where that address is taken in the group */
  serve(inside: SocketAddress, outside: SocketAddress): Promise<void>;
  /** Makes ports of the group reachable at `host`, each for as long as something in the group listens on it. */
  expose(host: string, ports: readonly number[]): void;
  /** Ends the holder, and with it the namespace. */
  close(): Promise<void>;
}

interface HolderAnswer {
  readonly ready?: boolean;
  readonly failed?: string;
  readonly id?: number;
  readonly error?: string;
  readonly listening?: readonly number[];
}

const READY_TIMEOUT_MS = 30_000;

/** Starts the holder of a new group's namespaces. @throws Error where the kernel refuses */
export async function openGroupNetwork(user: RoomUser | null): Promise<GroupNetwork> {
  const holderOf = [process.execPath, '--input-type=module', '--eval', HOLDER_PROGRAM];
  const [program = '', ...args] = inGroupNamespaces(user, holderOf);
  const holder = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    cwd: '/',
    env: { PATH: process.env['PATH'] },
  });
  await untilReady(holder);
  return new HeldNetwork(holder);
}

class HeldNetwork implements GroupNetwork {
  readonly enter: readonly string[];
  private readonly waiting = new Map<number, (answer: HolderAnswer, server: Server | undefined) => void>();
  private readonly servers: Server[] = [];
  private readonly exposed = new Map<number, Server>();
  private host = '';
  private readonly sockets = new Set<Socket>();
  private next = 0;

  constructor(private readonly holder: ChildProcess) {
    const target = ['--target', String(holder.pid)];
    this.enter = ['nsenter', ...target, '--user', '--net', '--ipc', '--uts', '--preserve-credentials', '--'];
    holder.on('message', (answer: HolderAnswer, handle) => {
      if (answer.listening !== undefined) this.follow(answer.listening);
      const settle = this.waiting.get(answer.id ?? -1);
      this.waiting.delete(answer.id ?? -1);
      settle?.(answer, handle as Server | undefined);
    });
    /* A message to a holder that has ended: what waits for it is told by its exit. */
    holder.on('error', () => undefined);
    holder.once('exit', () => {
      for (const settle of this.waiting.values())
        settle({ error: 'the holder of the network ended' }, undefined);
      this.waiting.clear();
    });
  }

  async serve(inside: SocketAddress, outside: SocketAddress): Promise<void> {
    const id = (this.next += 1);
    const server = await new Promise<Server>((resolve, reject) => {
      this.waiting.set(id, ({ error }, handle) => {
        if (handle === undefined)
          reject(new Error(`${inside.host}:${inside.port} in the group: ${error ?? 'no socket'}`));
        else resolve(handle);
      });
      this.holder.send({ id, listen: inside });
    });
    this.servers.push(server);
    server.on('connection', (socket) => {
      this.join(socket, connect(outside));
    });
  }

  expose(host: string, ports: readonly number[]): void {
    this.host = host;
    if (ports.length > 0) this.holder.send({ watch: ports });
  }

  /* A port on which nothing listens refuses connections, as it does in Azure. */
  private follow(listening: readonly number[]): void {
    for (const [port, server] of this.exposed)
      if (!listening.includes(port)) {
        server.close();
        this.exposed.delete(port);
      }
    for (const port of listening) {
      if (this.exposed.has(port)) continue;
      const server = createServer({ pauseOnConnect: true }, (socket) => {
        socket.on('error', () => undefined);
        if (this.holder.connected) this.holder.send({ connect: port }, socket);
        else socket.destroy();
      });
      server.on('error', () => this.exposed.delete(port));
      server.listen(port, this.host);
      this.exposed.set(port, server);
    }
  }

  async close(): Promise<void> {
    for (const server of [...this.servers, ...this.exposed.values()]) server.close();
    for (const socket of this.sockets) socket.destroy();
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => this.holder.once('exit', () => resolve()));
    this.holder.kill('SIGKILL');
    await exited;
  }

  private join(inner: Socket, outer: Socket): void {
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    inner.pipe(outer).pipe(inner);
  }
}

function untilReady(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail('no answer');
    }, READY_TIMEOUT_MS);
    const fail = (why: string): void => {
      clearTimeout(timer);
      holder.kill('SIGKILL');
      reject(new Error(`the group's network namespace cannot be made: ${why}`));
    };
    holder.once('error', (cause) => {
      fail(cause.message);
    });
    holder.once('exit', (code) => {
      fail(`its holder ended with ${String(code)}`);
    });
    holder.once('message', ({ failed }: HolderAnswer) => {
      if (failed !== undefined) {
        fail(failed);
        return;
      }
      clearTimeout(timer);
      holder.removeAllListeners('exit');
      resolve();
    });
  });
}
