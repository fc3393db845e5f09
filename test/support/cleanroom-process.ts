// `cleanroom` as its users run it: the built program in a process of its own, with a home of its own.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface ProcessRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** Besides PATH and the wish to pull no image; nothing of the test's own environment gets in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Called with the process id once it runs: for signals. */
  readonly onStart?: (pid: number) => void;
  readonly timeoutMs?: number;
  /** What bash's `ulimit` is told before: `-n 96` for open files, `-f 12` for files of at most 12 KiB. */
  readonly limit?: string;
}

const PROGRAM = resolve('bin/run.js');

/** Runs `cleanroom ARGV…` to its end. */
export function runProcess(argv: readonly string[], options: ProcessOptions): Promise<ProcessRun> {
  return new Promise((done, reject) => {
    const program = [process.execPath, PROGRAM, ...argv];
    const limited = `trap '' XFSZ; ulimit ${options.limit ?? ''}; exec "$0" "$@"`;
    const [file = '', ...words] = options.limit === undefined ? program : ['bash', '-c', limited, ...program];
    const child = spawn(file, words, {
      cwd: options.cwd,
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', CLEANROOM_OFFLINE: '1', ...options.env },
      timeout: options.timeoutMs ?? 120_000,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      done({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    if (child.pid !== undefined) options.onStart?.(child.pid);
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
