// A container's log as it grows. Azure gives the end of the log each time it is asked; what is new is found by what was.

import { setTimeout as sleep } from 'node:timers/promises';

import type { RoomOperator } from './ports.js';

const POLL_MS = 1000;
/* Enough of what was seen last to find it again. */
const OVERLAP_CHARACTERS = 4096;

export interface FollowOptions {
  readonly room: string;
  readonly container: string;
  readonly tail: number | null;
  readonly signal: AbortSignal;
  /** Given each new piece. */
  readonly write: (text: string) => void;
  readonly pollMs?: number;
}

/** Writes the log until the container has ended for good, the room is gone, or `signal` is aborted. */
export async function followLogs(rooms: RoomOperator, options: FollowOptions): Promise<void> {
  const { room, container, tail, signal, write, pollMs = POLL_MS } = options;
  let seen = '';
  for (let first = true; ; first = false) {
    const state = await rooms.get(room);
    const content = state === null ? seen : await rooms.logs(room, container, first ? tail : null);
    const added = first ? content : newPart(seen, content);
    if (added !== '') write(added);
    seen = content === '' ? seen : content;
    const own = state?.containers.find(({ name }) => name === container);
    if (state === null || own?.state === 'Terminated') return;
    await sleep(pollMs, undefined, { signal });
  }
}

/** What `content` has behind the part that was seen before; all of it where that part is gone. */
export function newPart(seen: string, content: string): string {
  if (seen === '' || content.startsWith(seen)) return content.slice(seen.length);
  const mark = seen.slice(-OVERLAP_CHARACTERS);
  const at = content.lastIndexOf(mark);
  return at < 0 ? content : content.slice(at + mark.length);
}
