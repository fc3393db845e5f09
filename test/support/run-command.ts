// Runs a command in this process: argv in; exit code, stdout, stderr and parsed JSON out.

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import { Config, type Interfaces, Plugin, run, settings } from '@oclif/core';
import { captureOutput } from '@oclif/test';

import { requireValidOutput } from './valid-output.js';

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
    const sources = await fromSources;
    const { stdout, stderr, error } = await captureOutput(() => run([...argv], sources), { print: false });
    requireValidOutput(argv, stdout);
    const code = error?.oclif?.exit ?? Number(exitCode() ?? (error === undefined ? 0 : 1));
    return { code, stdout, stderr: stderr + (error?.message ?? '') };
  } finally {
    process.exitCode = before;
  }
}

/* Asked for by a function: the compiler takes what was assigned above for what it still is. */
function exitCode(): typeof process.exitCode {
  return process.exitCode;
}

/** The parsed envelope of `cleanroom ARGV… --json`, with its exit code. */
export async function runCleanroomJson(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly json: Record<string, unknown>; readonly stderr: string }> {
  const { code, stdout, stderr } = await runCleanroom(...argv, '--json');
  return { code, json: JSON.parse(stdout) as Record<string, unknown>, stderr };
}

export interface Surroundings {
  readonly cwd: string;
  /** Besides PATH and the wish to pull no image; nothing of the test's own environment gets in. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `cleanroom ARGV…` in this process as if it ran in a process of its own: in a directory, with an environment and what is
 * piped to it. One after another, however they are started. What has to happen at once, or seals enough for threads, which find
 * the loader of TypeScript from the directory that mocha runs in only, needs a process (`runProcess`).
 */
export function runCleanroomIn(surroundings: Surroundings, argv: readonly string[]): Promise<CommandRun> {
  const next = last.then(() => within(surroundings, () => runCleanroom(...argv)));
  last = next.catch(() => undefined);
  return next;
}

async function within<T>({ cwd, env, stdin = '' }: Surroundings, work: () => Promise<T>): Promise<T> {
  const here = process.cwd();
  const own = { ...process.env };
  const ownStdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  fromSources ??= loadSources();
  await fromSources;
  try {
    setEnvironment({ PATH: own['PATH'], NO_COLOR: '1', CLEANROOM_OFFLINE: '1', ...env });
    process.chdir(cwd);
    Object.defineProperty(process, 'stdin', {
      configurable: true,
      value: Readable.from([Buffer.from(stdin)]),
    });
    return await work();
  } finally {
    Object.defineProperty(process, 'stdin', ownStdin);
    process.chdir(here);
    setEnvironment(own);
  }
}

function setEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env))
    if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value;
}
