// A further process in a running container's namespaces, as its user, on its files.

import { spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';

import { CleanroomError } from '../../../base/errors.js';
import { asRoomUser, roomUser } from './room-user.js';

const ENTER = [
  '--user',
  '--mount',
  '--net',
  '--ipc',
  '--uts',
  '--pid',
  '--root',
  '--wd',
  '--preserve-credentials',
];

/**
 * Runs a command beside the process `pid` of a container, on this process's own terminal.
 *
 * @returns its exit code; 126 where it cannot be started.
 * @throws CleanroomError USAGE where that process is no container's: a number that was given to another since
 */
export async function runInContainer(pid: number, command: readonly string[]): Promise<number> {
  await requireNamespaces(pid);
  const [program = '', ...args] = [
    ...asRoomUser(roomUser()),
    ...['nsenter', '--target', String(pid), ...ENTER, '--', ...command],
  ];
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: 'inherit',
      cwd: '/',
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        TERM: process.env['TERM'],
      },
    });
    child.once('error', () => {
      resolve(126);
    });
    child.once('close', (code) => {
      resolve(code ?? 126);
    });
  });
}

async function requireNamespaces(pid: number): Promise<void> {
  const own = await readlink('/proc/self/ns/pid');
  const other = await readlink(`/proc/${pid}/ns/pid`).catch(() => own);
  if (other === own) throw new CleanroomError('USAGE', `process ${pid} is no container: it has ended`);
}
