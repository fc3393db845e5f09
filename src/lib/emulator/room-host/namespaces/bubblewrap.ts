// A container in namespaces: bubblewrap starts it on the measured files, read-only, with nothing of this machine but what is named.

import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

import type { StartedProcess } from '../container-process.js';
import type { NamespacedProgram } from './namespaced-program.js';
import { asRoomUser } from './room-user.js';
import { wrapProgram } from './shell-around.js';

/* What a container runtime hides of /proc (OCI runtime-spec, maskedPaths and readonlyPaths). */
const MASKED = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
const ARGUMENTS_FD = 3;
const INFO_FD = 4;

/**
 * Starts the program. Its environment goes to bubblewrap through a pipe: no secret stands in a list of arguments.
 *
 * @throws nothing: a program that cannot be started ends with an exit code, as in a container runtime.
 */
export function startInNamespaces(program: NamespacedProgram): StartedProcess {
  const { enter, user, command, stdio } = program;
  const { wrapper, staged } = wrapProgram(program);
  const [first = '', ...args] = [
    ...wrapper,
    ...asRoomUser(user),
    ...enter,
    ...['bwrap', '--args', String(ARGUMENTS_FD), '--info-fd', String(INFO_FD), '--', ...command],
  ];
  const output = stdio ? 'pipe' : 'ignore';
  const child = spawn(first, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', output, output, 'pipe', 'pipe'],
  });
  const told = child.stdio[ARGUMENTS_FD] as Writable;
  told.on('error', () => undefined);
  told.end(bubblewrapArguments(staged).join('\0') + '\0');
  const inner = readInnerPid(child.stdio[INFO_FD] as Readable);
  return { child, terminate: (signal) => void terminate(child, inner, signal), pid: inner };
}

/** Options of bubblewrap, without the command. */
export function bubblewrapArguments(program: NamespacedProgram): readonly string[] {
  const { root, uid, gid, hostname, binds, environment, workingDir, writableTmp } = program;
  return [
    ...['--unshare-user', '--uid', String(uid), '--gid', String(gid)],
    ...['--unshare-pid', '--as-pid-1', '--unshare-uts', '--hostname', hostname, '--unshare-cgroup-try'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev'],
    ...['/dev/shm', ...(writableTmp ? ['/tmp'] : [])].flatMap((path) => ['--perms', '1777', '--tmpfs', path]),
    ...READ_ONLY.flatMap((path) => ['--ro-bind-try', path, path]),
    ...MASKED.flatMap(maskPath),
    ...binds.flatMap(({ inside, outside, readOnly }) => [readOnly ? '--ro-bind' : '--bind', outside, inside]),
    ...['--chdir', workingDir, '--clearenv'],
    ...environment.flatMap((entry) => {
      const equals = entry.indexOf('=');
      return ['--setenv', entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  ];
}

function maskPath(path: string): readonly string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
}

/* The container's own process is told, not bubblewrap, which would end it without a chance to end in good order. */
async function terminate(
  child: ChildProcess,
  inner: Promise<number | null>,
  signal: NodeJS.Signals,
): Promise<void> {
  const pid = await inner;
  try {
    if (pid === null || signal === 'SIGKILL') child.kill('SIGKILL');
    else process.kill(pid, signal);
  } catch {
    child.kill('SIGKILL');
  }
}

/* Read to its end: a writer whose reader has gone is ended by a signal. */
function readInnerPid(info: Readable): Promise<number | null> {
  return new Promise((resolve) => {
    let text = '';
    info.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /"child-pid"\s*:\s*([0-9]+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    info.once('error', () => {
      resolve(null);
    });
    info.once('close', () => {
      resolve(null);
    });
  });
}
