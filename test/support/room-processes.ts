// The processes of the local Azure's containers, as this machine's process list has them: for tests that end some of them.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ContainerProcess {
  readonly pid: number;
  readonly container: string;
}

/** Each container runs with a module of its own that the room host wrote below the directory that its state names. */
export async function containerProcesses(emulatorDirectory: string): Promise<readonly ContainerProcess[]> {
  const state = await readFile(join(emulatorDirectory, 'state', 'runtime.json'), 'utf8');
  const runtime = (JSON.parse(state) as { directory: string }).directory;
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+) .*--import (\S+)\/([^/\s]+)\.mjs/.exec(line);
    const [, pid = '', directory = '', container = ''] = match ?? [];
    return directory.startsWith(`${runtime}/`) ? [{ pid: Number(pid), container }] : [];
  });
}
