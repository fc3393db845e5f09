// Azurite (npm `azurite`, optional): the blob engine behind the storage front, in a process of its own.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CleanroomError, describeCause } from '../../base/errors.js';
import type { AzuriteStart } from './azurite-process.js';

export interface AzuriteOptions {
  /** Where blobs and their tables are kept. */
  readonly directory: string;
  /** Short-lived directory for the socket; short enough for a socket path. */
  readonly runtimeDirectory: string;
  /** Account name to key, base64. */
  readonly accounts: ReadonlyMap<string, string>;
}

export interface RunningAzurite {
  readonly pid: number;
  readonly blobSocket: string;
  /** Resolves once everything is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts Azurite. It ends when this process does, however that dies.
 *
 * @throws CleanroomError OPTIONAL_PACKAGE_MISSING, EMULATOR_START_FAILED
 */
export async function startAzurite(options: AzuriteOptions): Promise<RunningAzurite> {
  requireAzurite();
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const blobSocket = join(options.runtimeDirectory, 'blob.sock');
  await rm(blobSocket, { force: true });
  const child = fork(programPath(), {
    execArgv: import.meta.url.endsWith('.ts')
      ? ['--import', createRequire(import.meta.url).resolve('tsx')]
      : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      AZURITE_ACCOUNTS: [...options.accounts].map(([name, key]) => `${name}:${key}`).join(';'),
    },
  });
  const start: AzuriteStart = { directory: options.directory, blobSocket };
  child.send(start);
  await untilReady(child);
  // The channel stays open: its end is how the child learns that this process is gone. It must not keep it alive.
  child.channel?.unref();
  child.unref();
  return { pid: child.pid ?? 0, blobSocket, stop: () => stopChild(child) };
}

function requireAzurite(): void {
  try {
    createRequire(import.meta.url).resolve('azurite/package.json');
  } catch (cause) {
    throw new CleanroomError(
      'OPTIONAL_PACKAGE_MISSING',
      'the local Azure keeps its blobs in azurite, which is not installed',
      { cause, hint: 'Install it: npm install azurite@3.35.0' },
    );
  }
}

function programPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./azurite-process.${extension}`, import.meta.url));
}

async function untilReady(child: ChildProcess): Promise<void> {
  const outcome = await Promise.race([
    once(child, 'message').then(([message]) => message as { readonly failed?: string }),
    once(child, 'exit').then(([code]) => ({ failed: `it ended with exit code ${String(code)}` })),
    once(child, 'error').then(([cause]) => ({ failed: describeCause(cause) })),
  ]);
  if (outcome.failed !== undefined)
    throw new CleanroomError('EMULATOR_START_FAILED', `Azurite did not start: ${outcome.failed}`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.ref();
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}
