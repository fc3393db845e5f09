// A network that can be cut or that damages what passes: a TCP proxy on loopback.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** May change a chunk in place; null drops it. `socket` can be destroyed, which cuts the client's connection. */
export type ChunkFilter = (chunk: Buffer, socket: Socket) => Buffer | null;

export interface TcpProxy {
  readonly port: number;
  close(): void;
}

/** Listens for connections to `target`, a port on loopback. A filter that is absent passes everything on. */
export async function startTcpProxy(
  target: number,
  filters: { readonly toServer?: ChunkFilter; readonly toClient?: ChunkFilter },
): Promise<TcpProxy> {
  const proxy = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1');
    const pass = (from: Socket, to: Socket, filter: ChunkFilter = (chunk) => chunk): void => {
      from.on('data', (chunk: Buffer) => {
        const passed = filter(chunk, socket);
        if (passed !== null) to.write(passed);
      });
      from.on('error', () => undefined).on('close', () => to.destroy());
    };
    pass(socket, upstream, filters.toServer);
    pass(upstream, socket, filters.toClient);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}
