// Which processes the containers of a local Azure are: written where `emulator exec` of the same user finds them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { writeFileAtomic } from '../../base/files/atomic-write.js';

export const CONTAINERS_FILE = 'containers.json';

const EntrySchema = v.strictObject({
  group: v.string(),
  container: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
});
const FileSchema = v.array(EntrySchema);

export type RunningEntry = v.InferOutput<typeof EntrySchema>;

export interface RunningContainers {
  /** Notes a container's process; null: it has ended. */
  note(group: string, container: string, pid: number | null): void;
  /** Resolves once the file says what was noted: nothing is written afterwards. */
  written(): Promise<void>;
}

/** Keeps the file in a state directory; nothing is left of an earlier emulator. */
export function keepRunningContainers(directory: string): RunningContainers {
  const running = new Map<string, RunningEntry>();
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    const text = `${JSON.stringify([...running.values()], null, 2)}\n`;
    writing = writing.then(() =>
      writeFileAtomic(join(directory, CONTAINERS_FILE), text, { mode: 0o600 }).catch(() => undefined),
    );
  };
  write();
  return {
    note: (group, container, pid) => {
      if (pid === null) running.delete(`${group}/${container}`);
      else running.set(`${group}/${container}`, { group, container, pid });
      write();
    },
    written: () => writing,
  };
}

/** What the file says; empty where there is none. */
export async function readRunningContainers(directory: string): Promise<readonly RunningEntry[]> {
  const text = await readFile(join(directory, CONTAINERS_FILE), 'utf8').catch(() => null);
  if (text === null) return [];
  const parsed = v.safeParse(FileSchema, JSON.parse(text));
  return parsed.success ? parsed.output : [];
}
