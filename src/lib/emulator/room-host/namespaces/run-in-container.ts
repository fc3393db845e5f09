// A further process in a running container's namespaces, as its user, on its files.

import { spawn } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';

import { CleanroomError } from '../../../base/errors.js';
import { asRoomUser, roomUser } from './room-user.js';

/* What the group's containers share, of the process that started this one; then what is the container's own. A container's user
   namespace has no right to enter the group's (user_namespaces(7), setns(2)), so that is done first. */
const ENTER_GROUP = ['--user', '--net', '--ipc', '--preserve-credentials'];
const ENTER = ['--user', '--mount', '--uts', '--pid', '--root', '--wd', '--preserve-credentials'];

/**
 * Runs a command beside the process `pid` of a container, on this process's own terminal.
 *
 * @param stdout - where its output goes: this process's own, or another file descriptor.
 * @returns its exit code; 126 where it cannot be started.
 * @throws CleanroomError USAGE where that process is no container's: a number that was given to another since
 */
export async function runInContainer(
  pid: number,
  command: readonly string[],
  stdout: 'inherit' | number = 'inherit',
): Promise<number> {
  await requireNamespaces(pid);
  const [program = '', ...args] = [
    ...asRoomUser(roomUser()),
    ...['nsenter', '--target', await parentOf(pid), ...ENTER_GROUP, '--'],
    ...['nsenter', '--target', String(pid), ...ENTER, '--', ...command],
  ];
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['inherit', stdout, 'inherit'],
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
  if (other === own) throw ended(pid);
}

/* Field 4 of /proc/PID/stat; the name in field 2 may hold blanks and parentheses (proc(5)). */
async function parentOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  if (parent === undefined) throw ended(pid);
  return parent;
}

function ended(pid: number): CleanroomError {
  return new CleanroomError('USAGE', `process ${pid} is no container: it has ended`);
}
