// Runs a command in this process: argv in; exit code, stdout, stderr and parsed JSON out.

import { runCommand } from '@oclif/test';

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cleanroom ARGV…`; `process.exitCode` is left as it was. */
export async function runCleanroom(...argv: readonly string[]): Promise<CommandRun> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const { stdout, stderr, error } = await runCommand([...argv], { root: process.cwd() }, { print: false });
    const code = error?.oclif?.exit ?? process.exitCode ?? (error === undefined ? 0 : 1);
    return { code, stdout, stderr: stderr + (error?.message ?? '') };
  } finally {
    process.exitCode = before;
  }
}

/** The parsed envelope of `cleanroom ARGV… --json`, with its exit code. */
export async function runCleanroomJson(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly json: Record<string, unknown>; readonly stderr: string }> {
  const { code, stdout, stderr } = await runCleanroom(...argv, '--json');
  return { code, json: JSON.parse(stdout) as Record<string, unknown>, stderr };
}
