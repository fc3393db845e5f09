// The emulator as a process of its own: started and waited for, ended and waited for.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type ErrorCode, ERROR_CODES } from '../base/error-codes.js';
import { CleanroomError } from '../base/errors.js';
import { isAlive, type ProcessIdentity } from '../base/files/process-identity.js';
import { requireLinux } from './require-linux.js';

export const LOG_FILE = 'emulator.log';

/** What `emulator start --foreground` tells the process that started it. */
export type StartReport =
  | { readonly ready: true }
  | { readonly failed: { readonly code: string; readonly message: string; readonly hint: string } };

export interface DetachedOptions {
  readonly directory: string;
  readonly parties: readonly string[];
  readonly strictTenants: boolean;
  /** Null: namespaces where they work. */
  readonly rooms: 'namespaces' | 'processes' | null;
  /** Directory of our package.json. */
  readonly packageRoot: string;
  /** Ends what was started, as long as it does not serve yet. */
  readonly signal: AbortSignal;
}

const STOP_TIMEOUT_MS = 20_000;

/**
 * Starts the emulator and resolves when it serves.
 *
 * @throws CleanroomError LOCAL_AZURE_NEEDS_LINUX; with the code that it failed with; INTERRUPTED once it has ended again.
 */
export async function startDetached(options: DetachedOptions): Promise<void> {
  requireLinux(process.platform);
  const { directory, parties, strictTenants, rooms, packageRoot, signal } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const fromSources = import.meta.url.endsWith('.ts');
  const log = await open(join(directory, LOG_FILE), 'a', 0o600);
  const strict = strictTenants ? ['--strict-tenants'] : [];
  const args = [
    'emulator',
    'start',
    '--foreground',
    '--dir',
    directory,
    ...strict,
    ...(rooms === null ? [] : ['--rooms', rooms]),
  ];
  const child = fork(
    join(packageRoot, 'bin', fromSources ? 'dev.js' : 'run.js'),
    [...args, ...parties.flatMap((party) => ['--party', party])],
    {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
      execArgv: fromSources ? ['--import', createRequire(import.meta.url).resolve('tsx')] : [],
    },
  );
  await log.close();
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  process.once('exit', end);
  const report = await Promise.race([
    once(child, 'message').then(([message]) => message as StartReport),
    once(child, 'exit').then(([code]): StartReport => ({ failed: ended(directory, String(code)) })),
  ]);
  process.off('exit', end);
  if (signal.aborted) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    throw new CleanroomError('INTERRUPTED', 'interrupted: the emulator that was starting has ended');
  }
  signal.removeEventListener('abort', end);
  if ('failed' in report) {
    const { code, message, hint } = report.failed;
    throw new CleanroomError(isErrorCode(code) ? code : 'EMULATOR_START_FAILED', message, { hint });
  }
  child.disconnect();
  child.unref();
}

function ended(directory: string, code: string): { code: string; message: string; hint: string } {
  return {
    code: 'EMULATOR_START_FAILED',
    message: `the emulator ended with exit code ${code} before it served`,
    hint: `See ${join(directory, LOG_FILE)}.`,
  };
}

function isErrorCode(code: string): code is ErrorCode {
  return code in ERROR_CODES;
}

/** Tells whoever forked this process how the start went; nothing happens where nobody did. */
export function reportStart(report: StartReport): void {
  process.send?.(report);
}

/** Ends the emulator that `holder` is; resolves when its process is gone and its state is on disk. */
export async function stopDetached(holder: ProcessIdentity): Promise<void> {
  process.kill(holder.pid, 'SIGTERM');
  for (let waited = 0; waited < STOP_TIMEOUT_MS; waited += 100) {
    if (!(await isAlive(holder))) return;
    await delay(100);
  }
  throw new CleanroomError(
    'SERVICE_UNREACHABLE',
    `process ${holder.pid} did not end in ${STOP_TIMEOUT_MS / 1000} s`,
    {
      hint: `End it by hand: kill -9 ${holder.pid}; its state survives.`,
    },
  );
}
