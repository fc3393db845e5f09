// The process that owns a group's network namespace: it listens inside, hands listening sockets out to the emulator, and ends with it.

/** How often the holder looks which ports are listened on. */
const LOOK_MS = 150;

/**
 * Text of an ES module for this machine's Node.js. Told `{watch: [port]}` it tells `{listening: [port]}` whenever that changes; told `{id, listen: {host, port}}` it answers `{id}` with the listening
 * server, or `{id, error}`; told `{connect}` with a socket it joins that socket to the port inside. It needs no files.
 */
export const HOLDER_PROGRAM = String.raw`
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

process.on('disconnect', () => process.exit(0));
const setUp = [
  ['link', 'set', 'lo', 'up'],
  ['addr', 'add', '169.254.169.254/32', 'dev', 'lo'],
];
const failed = setUp
  .map((args) => spawnSync('ip', args, { encoding: 'utf8' }))
  .find(({ status }) => status !== 0);
if (failed !== undefined) {
  process.send({ failed: 'ip: ' + (failed.stderr ?? String(failed.error)).trim() });
} else process.send({ ready: true });

let watched = [];
let last = '';
/* Ports in state LISTEN (0A), of this namespace (proc(5), /proc/net/tcp). */
const listening = () =>
  ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap((path) => {
    try {
      return [...readFileSync(path, 'latin1').matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)].map(
        (match) => parseInt(match[1], 16),
      );
    } catch {
      return [];
    }
  });
const look = () => {
  const open = new Set(listening());
  const now = watched.filter((port) => open.has(port));
  if (now.join() === last || !process.connected) return;
  last = now.join();
  process.send({ listening: now });
};

process.on('message', (message, socket) => {
  if (message.listen !== undefined) {
    const server = createServer({ pauseOnConnect: true });
    server.once('error', (cause) => process.send({ id: message.id, error: cause.code }));
    server.listen(message.listen.port, message.listen.host, () =>
      process.send({ id: message.id }, server, {}, () => server.close()),
    );
  } else if (message.watch !== undefined) {
    watched = message.watch;
    setInterval(look, ${LOOK_MS});
  } else if (message.connect !== undefined && socket) {
    const inside = connect(message.connect, '127.0.0.1');
    inside.on('error', () => socket.destroy());
    socket.on('error', () => inside.destroy());
    inside.on('close', () => socket.destroy());
    socket.on('close', () => inside.destroy());
    socket.pipe(inside).pipe(socket);
  }
});
`;
