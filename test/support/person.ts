// Parties at work: commands in a directory, with a home and a profile. Most need no process of their own, which takes some
// 0.6 s of a processor to load what this process has loaded; what does is told so.

import { type ProcessRun, runProcess } from './cleanroom-process.js';
import { type CommandRun, runCleanroomIn } from './run-command.js';
import { requireValidOutput } from './valid-output.js';

/** A party (or anybody) with a working directory and a home. */
export interface Person {
  run(...argv: string[]): Promise<CommandRun>;
  /** Runs with --json; the result of the envelope. Fails the test where the command failed. */
  result<T>(...argv: string[]): Promise<T>;
}

/** Somebody whose commands run in this process, one after another. */
export function personAt(cwd: string, env: Readonly<Record<string, string>>): Person {
  return personRunning((argv) => runCleanroomIn({ cwd, env }, argv));
}

/** Somebody whose commands are processes of the built program. */
export function personWithProcesses(cwd: string, env: Readonly<Record<string, string>>): Person {
  return personRunning(async (argv) => {
    const done: ProcessRun = await runProcess(argv, { cwd, env });
    requireValidOutput(argv, done.stdout);
    return { ...done, code: done.code ?? -1 };
  });
}

function personRunning(run: (argv: readonly string[]) => Promise<CommandRun>): Person {
  return {
    run: (...argv) => run(argv),
    result: async <T>(...argv: string[]): Promise<T> => {
      const { code, stdout, stderr } = await run([...argv, '--json']);
      const envelope =
        stdout === '' ? null : (JSON.parse(stdout) as { ok: boolean; result?: T; error?: { code: string } });
      if (envelope?.ok !== true || envelope.result === undefined) {
        throw new Error(`cleanroom ${argv.join(' ')} exited ${String(code)}: ${stdout}${stderr}`);
      }
      return envelope.result;
    },
  };
}
