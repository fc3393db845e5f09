// The process of an admitted container: with namespaces of its own, or as a process of this machine.

import { lstatSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { StartedProcess } from './container-process.js';
import { startOnMachine } from './machine-process.js';
import type { Bind } from './namespaces/bind.js';
import { startInNamespaces } from './namespaces/bubblewrap.js';
import type { GroupNetwork } from './namespaces/group-network.js';
import type { MemoryLimit } from './namespaces/memory-limit.js';
import { readImageUser } from './namespaces/image-user.js';
import { makeMountPoint } from './namespaces/mount-point.js';
import type { RoomIsolation } from './namespaces/probe.js';
import { roomUser } from './namespaces/room-user.js';
import { renderNamespace } from './network-namespace.js';
import type { AdmittedContainer } from './policy-admission.js';
import type { RoomPlaces } from './room-places.js';

export interface Mount {
  /** In the container. */
  readonly path: string;
  readonly directory: string;
  readonly readOnly: boolean;
}

/** What a program is started with besides itself. */
export interface ProgramSurroundings {
  readonly places: RoomPlaces;
  readonly mounts: readonly Mount[];
  /** The guest's security context; null in a plain group. */
  readonly contextDirectory: string | null;
}

/* ACI's guest has another one each time; programs are told by UVM_SECURITY_CONTEXT_DIR. */
const CONTEXT_PATH = '/security-context';
const FIXED = { readOnly: true } as const;

/** Starts `container` as a process of this machine, each time that the answer is called. */
export async function programOnMachine(
  { plan, environment, stdioAllowed }: AdmittedContainer,
  { places, mounts, contextDirectory }: ProgramSurroundings,
  metadataPort: number,
): Promise<() => StartedProcess> {
  const { spec, image, command } = plan;
  const scratch = places.scratch(spec.name);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const namespaceModule = places.runtime(`${spec.name}.mjs`);
  await writeFile(
    namespaceModule,
    renderNamespace({
      address: places.address,
      metadata: { host: places.address, port: metadataPort },
      mounts: mounts.map(({ path, directory }) => ({ path, directory })),
    }),
  );
  const context = contextDirectory === null ? [] : [contextDirectory];
  const read = mounts.filter(({ readOnly }) => readOnly).map(({ directory }) => directory);
  const written = mounts.filter(({ readOnly }) => !readOnly).map(({ directory }) => directory);
  return () =>
    startOnMachine({
      command,
      // Of the guest agent, after the policy: it is not the host's to choose.
      environment: [...environment, ...context.map((path) => `UVM_SECURITY_CONTEXT_DIR=${path}`)],
      workingDir: image.workingDir,
      root: image.root,
      namespaceModule,
      readable: [...context, ...read],
      writable: [scratch, ...written],
      stdio: stdioAllowed,
    });
}

/** What a container in namespaces shares with its group, and what limits it. */
export interface GroupNamespaces {
  readonly network: GroupNetwork;
  readonly memory: MemoryLimit;
  readonly isolation: RoomIsolation;
}

/** Starts `container` in namespaces, each time that the answer is called. */
export function programInNamespaces(
  { plan, environment, stdioAllowed }: AdmittedContainer,
  { places, mounts, contextDirectory }: ProgramSurroundings,
  { network, memory, isolation }: GroupNamespaces,
): () => StartedProcess {
  const { image, command, spec } = plan;
  const user = roomUser();
  const context = contextDirectory === null ? [] : [contextDirectory];
  const lent = isolation.kind === 'namespaces' && image.localOnly ? isolation.node.files : [];
  const binds: readonly Bind[] = [
    ...lent.map(([inside, outside]) => ({ inside, outside, ...FIXED })),
    { inside: '/etc/hosts', outside: places.runtime('hosts'), ...FIXED },
    { inside: '/etc/resolv.conf', outside: places.runtime('resolv.conf'), ...FIXED },
    ...context.map((outside) => ({ inside: CONTEXT_PATH, outside, ...FIXED })),
    ...mounts.map(({ path, directory, readOnly }) => ({ inside: path, outside: directory, readOnly })),
    ...memory.binds,
  ];
  for (const { inside, outside } of binds)
    makeMountPoint(image.root, inside, statSync(outside).isDirectory() ? 'directory' : 'file', user);
  for (const inside of ['/proc', '/dev', ...(image.localOnly ? ['/tmp'] : [])])
    makeMountPoint(image.root, inside, 'directory', user);
  const started = readImageUser(image.root, spec.user ?? image.user);
  const program = {
    command,
    environment: [...environment, ...context.map(() => `UVM_SECURITY_CONTEXT_DIR=${CONTEXT_PATH}`)],
    workingDir: image.workingDir,
    root: image.root,
    ...started,
    writableTmp: image.localOnly || hasWritableTmp(image.root, started.uid),
    hostname: `SandboxHost-${places.key}`,
    binds,
    enter: network.enter,
    user,
    memory,
    stdio: stdioAllowed,
  };
  return () => startInNamespaces(program);
}

/* In Azure it is the image's own, and nothing is mounted over it. The root of a local container cannot be written. */
function hasWritableTmp(root: string, uid: number): boolean {
  const stats = lstatSync(join(root, 'tmp'), { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (uid === 0 || (stats.mode & 0o002) !== 0);
}
