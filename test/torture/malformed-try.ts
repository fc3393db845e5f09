// One command line on one malformed file, in this process.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { runCleanroomIn } from '../support/run-command.js';

/** How it ended. */
export interface MalformedLine {
  readonly name: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the processor. */
  readonly seconds: number;
  /** Whether a file was written outside of the directory. */
  readonly escaped: boolean;
  /** Whether the prototype of all objects has a member more. */
  readonly polluted: boolean;
}

export interface MalformedPlace {
  /** With the corpus below `malformed`. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/* For a refusal; the texts that are good ones are summarized and sealed meanwhile. */
const PROCESSOR_SECONDS = 20;

/** Runs `argv` with the file `name` for each `@`. */
export async function tryMalformed(
  { cwd, env }: MalformedPlace,
  argv: readonly string[],
  name: string,
): Promise<MalformedLine> {
  rmSync(join(cwd, 'out'), { recursive: true, force: true });
  const words = argv.map((word) => word.replace('@', `malformed/${name}`));
  const start = process.cpuUsage();
  const { code, stdout, stderr } = await runCleanroomIn({ cwd, env }, [...words, '--json']);
  const { user, system } = process.cpuUsage(start);
  return {
    name,
    code,
    stdout: stdout.slice(0, 4_000),
    stderr: stderr.slice(0, 500),
    seconds: (user + system) / 1e6,
    escaped: ['..', '../..', '../../..'].some((above) => existsSync(join(cwd, above, 'escape'))),
    polluted: 'polluted' in {},
  };
}

/** What is wrong with how it ended; null for a refusal in words, or for a file that was good enough. */
export function malformedFault({
  code,
  stdout,
  stderr,
  seconds,
  escaped,
  polluted,
}: MalformedLine): string | null {
  if (escaped) return 'a file was written outside of the directory';
  if (polluted) return 'the prototype of objects was changed';
  if (![0, 2, 3, 4, 5, 6].includes(code)) return `exit ${code}: ${(stdout + stderr).slice(0, 300)}`;
  if (/\bINTERNAL\b|\n\s+at /.test(stdout + stderr)) return (stdout + stderr).slice(0, 300);
  if (seconds > PROCESSOR_SECONDS) return `${seconds.toFixed(0)} s of processor`;
  return code !== 0 && stdout === '' ? `exit ${code} and nothing said` : null;
}
