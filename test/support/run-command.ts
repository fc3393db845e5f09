// Runs a command in this process: argv in; exit code, stdout, stderr and parsed JSON out.

import { readFileSync } from 'node:fs';

import { Config, type Interfaces, Plugin, settings } from '@oclif/core';
import { runCommand } from '@oclif/test';

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/* The loader that mocha runs under reads TypeScript. */
settings.enableAutoTranspile = false;

interface SourceCommands {
  readonly root: string;
  readonly pjson: Interfaces.PJSON;
  readonly plugins: Map<string, Interfaces.Plugin>;
}

let fromSources: Promise<SourceCommands> | undefined;

/**
 * The commands of src, so that nothing has to be built first, and no stale build is tested. oclif does not hand
 * `ignoreManifest` on to the root plugin, and the manifest names the files of dist: so the plugin is made here.
 */
export async function loadSources(): Promise<SourceCommands> {
  const root = process.cwd();
  const built = JSON.parse(readFileSync('package.json', 'utf8')) as Interfaces.PJSON;
  const pjson = { ...built, oclif: { ...built.oclif, commands: './src/commands' } };
  const commands = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true });
  await commands.load();
  const { plugins } = await Config.load({ root, pjson });
  return { root, pjson, plugins: new Map([...plugins, [commands.name, commands]]) };
}

/** Runs `cleanroom ARGV…`; `process.exitCode` is left as it was. */
export async function runCleanroom(...argv: readonly string[]): Promise<CommandRun> {
  fromSources ??= loadSources();
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const { stdout, stderr, error } = await runCommand([...argv], await fromSources, { print: false });
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
