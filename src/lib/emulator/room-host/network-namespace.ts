// What stands for a group's network and mount namespaces: a module that Node loads before the container's own program.

/** What a group's processes may reach, and under which names. */
export interface Namespace {
  /** The group's own address, 127.x.y.z. */
  readonly address: string;
  /** Where its metadata service (169.254.169.254:80) listens. */
  readonly metadata: { readonly host: string; readonly port: number };
  /** Volumes: path inside the container to the directory outside. */
  readonly mounts: readonly { readonly path: string; readonly directory: string }[];
}

/** The file descriptor whose end tells a container that the emulator is gone. */
export const LIFELINE_FD = 3;

/**
 * Text of the module. In the group's processes it makes every wildcard and loopback listener one of the group's
 * address, `localhost` the group, 169.254.169.254 the group's metadata service, and paths below a mount the volume's
 * directory. 127.0.0.1 stays what it is: there the local Azure's services are.
 */
export function renderNamespace(namespace: Namespace): string {
  return `// Written by the emulator's room host: stands for the network and mount namespaces of a container group.
const NAMESPACE = ${JSON.stringify(namespace)};
${PROGRAM}`;
}

/* Plain JavaScript for the Node that runs the emulator; it patches built-in modules and so cannot be typed usefully. */
const PROGRAM = String.raw`
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const OWN = new Set(['localhost', '::', '::1', '0.0.0.0', '']);
const listenHost = (host) =>
  host === undefined || host === null || host === '127.0.0.1' || OWN.has(host) ? NAMESPACE.address : host;

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'object' && first !== null) {
    const onPort = first.path === undefined && first.fd === undefined && !('_handle' in first);
    return listen.call(this, onPort ? { ...first, host: listenHost(first.host) } : first, ...rest);
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return listen.call(this, first, ...rest);
  const port = typeof first === 'function' ? 0 : (first ?? 0);
  const others = typeof first === 'function' ? [first] : rest;
  const host = typeof others[0] === 'string' ? others.shift() : undefined;
  return listen.call(this, port, listenHost(host), ...others.filter((value) => value !== undefined));
};

const connectTarget = (options) => {
  if (options.path !== undefined && options.path !== null) return options;
  if (options.host === '169.254.169.254' && Number(options.port) === 80)
    return { ...options, host: NAMESPACE.metadata.host, port: NAMESPACE.metadata.port };
  const own = options.host === undefined || options.host === null || OWN.has(options.host);
  return own ? { ...options, host: NAMESPACE.address } : options;
};
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [first, ...rest] = args;
  if (Array.isArray(first)) {
    first[0] = connectTarget(first[0]);
    return connect.call(this, first);
  }
  if (typeof first === 'object' && first !== null) return connect.call(this, connectTarget(first), ...rest);
  if (typeof first === 'string' && !/^\d+$/.test(first)) return connect.call(this, first, ...rest);
  const host = typeof rest[0] === 'string' ? rest.shift() : undefined;
  return connect.call(this, connectTarget({ port: Number(first), host }), ...rest);
};

const mounted = (path) => {
  const text = path instanceof URL && path.protocol === 'file:' ? fileURLToPath(path) : path;
  if (typeof text !== 'string') return path;
  const mount = NAMESPACE.mounts.find((entry) => text === entry.path || text.startsWith(entry.path + '/'));
  return mount === undefined ? path : mount.directory + text.slice(mount.path.length);
};
const BY_PATH = ['access', 'appendFile', 'mkdir', 'open', 'opendir', 'readFile', 'readdir', 'realpath', 'rm', 'stat', 'lstat', 'unlink', 'writeFile'];
const redirect = (target, names) => {
  for (const name of names) {
    const original = target[name];
    if (typeof original === 'function')
      target[name] = Object.assign(function (path, ...rest) {
        return original.call(this, mounted(path), ...rest);
      }, original);
  }
};
if (NAMESPACE.mounts.length > 0) {
  redirect(fs, [...BY_PATH, ...BY_PATH.map((name) => name + 'Sync'), 'existsSync', 'createReadStream', 'createWriteStream']);
  redirect(fs.promises, BY_PATH);
}
syncBuiltinESMExports();

/* Threads load this module too, and one that ends would close the descriptor under its process. */
if (isMainThread) {
  const lifeline = new net.Socket({ fd: ${LIFELINE_FD}, readable: true, writable: false });
  const die = () => process.kill(process.pid, 'SIGKILL');
  lifeline.on('error', die).on('close', die).resume().unref();
}
`;
