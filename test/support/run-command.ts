// Runs a command in this process: argv in; exit code, stdout, stderr and parsed JSON out.

import { readFileSync } from 'node:fs';

import { type Interfaces, settings } from '@oclif/core';
import { runCommand } from '@oclif/test';

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/* The commands as TypeScript: the loader that mocha runs under reads them, so nothing has to be built first. */
settings.enableAutoTranspile = false;
const PACKAGE = JSON.parse(readFileSync('package.json', 'utf8')) as Interfaces.PJSON;
const FROM_SOURCES = {
  root: process.cwd(),
  pjson: { ...PACKAGE, oclif: { ...PACKAGE.oclif, commands: './src/commands' } },
  ignoreManifest: true,
};

/** Runs `cleanroom ARGV…`; `process.exitCode` is left as it was. */
export async function runCleanroom(...argv: readonly string[]): Promise<CommandRun> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const { stdout, stderr, error } = await runCommand([...argv], FROM_SOURCES, { print: false });
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
