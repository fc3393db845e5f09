// Where this machine has no namespaces: a Node.js process of this machine, started from the measured copy, with nothing of the
// host's environment and with Node's permission model around it.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { StartedProcess } from './container-process.js';

export interface MachineProgram {
  readonly command: readonly string[];
  /** `NAME=VALUE`, complete. */
  readonly environment: readonly string[];
  readonly workingDir: string;
  /** The image, laid out. */
  readonly root: string;
  /** Module that stands for the group's namespaces. */
  readonly namespaceModule: string;
  /** Directories outside the image that it may read, and those that it may write. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Whether stdout and stderr are read. */
  readonly stdio: boolean;
}

/* Every process may read its own; what is written to the other is nowhere: the room closes standard error off with it. */
const OWN_ENVIRONMENT = '/proc/self/environ';
const NOWHERE = '/dev/null';

/** Whether this machine's Node.js can run the command: Node.js programs only. */
export function isNodeProgram(command: readonly string[]): boolean {
  return basename(command[0] ?? '') === 'node' && command.length > 1;
}

/** Starts the program. */
export function startOnMachine(program: MachineProgram): StartedProcess {
  const { root, command, environment, workingDir, stdio } = program;
  const output = stdio ? 'pipe' : 'ignore';
  const child = spawn(
    process.execPath,
    [...jailArguments(program), '--import', program.namespaceModule, ...insideRoot(command.slice(1), root)],
    {
      cwd: existsSync(join(root, workingDir)) ? join(root, workingDir) : root,
      env: Object.fromEntries(environment.map(splitVariable)),
      // The fourth is the lifeline: its end tells the container that the emulator is gone.
      stdio: ['ignore', output, output, 'pipe'],
    },
  );
  return {
    child,
    terminate: (signal) => void child.kill(signal),
    pid: Promise.resolve(child.pid ?? null),
  };
}

/** Node's permission model for the mount namespace: the container sees its image and its volumes, not the machine. */
function jailArguments({ root, readable, writable, namespaceModule }: MachineProgram): readonly string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const network = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
  return [
    permission,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    '--allow-addons',
    '--allow-worker',
    ...network,
    ...[
      namespaceModule,
      OWN_ENVIRONMENT,
      ...[root, ...readable, ...writable].map((path) => join(path, '*')),
    ].map((path) => `--allow-fs-read=${path}`),
    ...[NOWHERE, ...writable.map((path) => join(path, '*'))].map((path) => `--allow-fs-write=${path}`),
  ];
}

/** The program's path is one inside the image; its arguments are its own. */
function insideRoot(args: readonly string[], root: string): readonly string[] {
  const script = args.findIndex((argument) => !argument.startsWith('-'));
  return args.map((argument, index) =>
    index === script && argument.startsWith('/') ? join(root, argument) : argument,
  );
}

function splitVariable(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=');
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}
