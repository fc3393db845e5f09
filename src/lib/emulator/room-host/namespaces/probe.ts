// Whether this machine can give rooms namespaces of their own: tried once, with everything that a room needs.

import { spawn } from 'node:child_process';

import { inGroupNamespaces } from './group-namespaces.js';
import { lentNode, type LentNode } from './lent-node.js';
import { roomUser } from './room-user.js';

export type RoomIsolation =
  | { readonly kind: 'namespaces'; readonly node: LentNode }
  /** Processes of this machine, which only this installation's own programs may be. */
  | { readonly kind: 'processes'; readonly why: string };

/** Which kind is wanted: `auto` takes namespaces where they work. */
export type RoomsOption = 'auto' | 'namespaces' | 'processes';

const TIMEOUT_MS = 20_000;
const MAX_SAID = 500;

/* Everything at once: a user, network and mount namespace, loopback, an address, and a process with nothing in it. */
const TRIAL = [
  'ip link set lo up',
  'ip addr add 169.254.169.254/32 dev lo',
  'exec bwrap --unshare-user --uid 65532 --gid 65532 --unshare-pid --unshare-uts --hostname room --die-with-parent --new-session --as-pid-1 --cap-drop ALL --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp -- "$0" -e 0',
].join(' && ');

let probed: Promise<RoomIsolation> | undefined;

/** What this machine can do; asked once a process. */
export function probeIsolation(): Promise<RoomIsolation> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<RoomIsolation> {
  if (process.platform !== 'linux')
    return { kind: 'processes', why: `${process.platform} has no namespaces` };
  const node = await lentNode().catch(() => null);
  if (node === null) return { kind: 'processes', why: 'ldd does not tell which libraries Node.js loads' };
  const why = await tryAll();
  return why === null ? { kind: 'namespaces', node } : { kind: 'processes', why };
}

/* Null where it worked, else the first thing that was said. */
function tryAll(): Promise<string | null> {
  const [program = '', ...args] = inGroupNamespaces(roomUser(), ['sh', '-c', TRIAL, process.execPath]);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      timeout: TIMEOUT_MS,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(0, MAX_SAID);
    });
    child.once('error', (cause) => {
      resolve(`${program} cannot be run: ${cause.message}`);
    });
    child.once('close', (code) => {
      resolve(
        code === 0 ? null : (said.trim().split('\n')[0] ?? '') || `the trial ended with ${String(code)}`,
      );
    });
  });
}
