// A container group without a policy, running the attacker's own program: what any tenant can start, under any identity of its own.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { GroupLocation } from '../../azure/container-groups.js';
import { deployPlainGroup } from './send-groups.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import type { Environment } from '../../ports/environment.js';
import { CleanroomError } from '../../base/errors.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import { buildImage } from '../../images/build/build-image.js';
import { pushArchive } from '../stage/push-image.js';
import type { RoomOperator } from '../../ports/ports.js';
import type { AttackSetting } from './attack-setting.js';
import { connectionOf } from '../stage/connection-of.js';

const POLL_MS = 150;
const TIMEOUT_MS = 30_000;

/** Removes a group, also after Ctrl-C. */
export async function removeGroup(host: Environment, name: string): Promise<void> {
  await (await host.services.rooms()).remove(name, new AbortController().signal);
}

/** Packs a program of one file, pushes it as the host, and gives its reference by digest. */
export async function pushProgram(
  { directory }: AttackSetting,
  host: Environment,
  program: string,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const name = `probe-${sha256Hex(program).slice(0, 12)}`;
  const archive = join(directory, `${name}.oci.tar`);
  await buildImage(
    {
      localOnly: true,
      layers: [[{ path: '/app/main.mjs', source: utf8(program) }]],
      entrypoint: ['node', '/app/main.mjs'],
      workingDir: '/app',
      name,
    },
    archive,
  );
  return pushArchive(host, archive, name);
}

/** Runs the program to its end under the room's identity; what it wrote to its log. TLS_ROOTS is set for it. */
export async function runInPlainGroup(
  setting: AttackSetting,
  host: Environment,
  program: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const image = await pushProgram(setting, host, program);
  const roots = host.profile.tlsRoots;
  const pem = roots === undefined ? '' : await readTextBounded(roots, 1024 * 1024);
  const name = `attack-${image.slice(-8)}`;
  const rooms = await host.services.rooms();
  try {
    await deployPlainGroup(await connectionOf(host), groupLocation(host), {
      name,
      location: 'westeurope',
      image,
      identity: host.profile.roomIdentity ?? '',
      environment: { ...variables, TLS_ROOTS: Buffer.from(pem).toString('base64') },
    });
    await waitForExit(rooms, { group: name, container: 'probe' }, setting.stage.signal);
    return await rooms.logs(name, 'probe', null);
  } finally {
    await removeGroup(host, name);
  }
}

/** Where the host's groups are. */
export function groupLocation({ profile }: Environment): GroupLocation {
  const { subscription = '', resourceGroup = '' } = profile;
  return { subscription, resourceGroup };
}

/** Waits until a container has ended. @throws CleanroomError ROOM_UNREACHABLE */
export async function waitForExit(
  rooms: RoomOperator,
  { group, container: name }: { readonly group: string; readonly container: string },
  signal: AbortSignal,
): Promise<void> {
  for (let waited = 0; waited < TIMEOUT_MS; waited += POLL_MS) {
    const room = await rooms.get(group);
    if (room?.containers.some((container) => container.name === name && container.exitCode !== null)) return;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new CleanroomError('ROOM_UNREACHABLE', `the group ${group} did not end`);
}
