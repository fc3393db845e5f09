// A container's log as it grows. Azure gives the end of the log each time it is asked; what is new is found by what was.

import { setTimeout as sleep } from 'node:timers/promises';

import type { RoomOperator } from '../ports/ports.js';

const POLL_MS = 1000;
/* What is kept of the log to find the place again. */
const KEPT_CHARACTERS = 64 * 1024;

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
    seen = content === '' ? seen : keepEnd(content);
    const own = state?.containers.find(({ name }) => name === container);
    if (state === null || own?.state === 'Terminated') return;
    await sleep(pollMs, undefined, { signal });
  }
}

/** What `content` has behind the part that was seen before; all of it where nothing of that part is left. */
export function newPart(seen: string, content: string): string {
  if (content.startsWith(seen)) return content.slice(seen.length);
  const at = content.lastIndexOf(seen);
  if (at >= 0) return content.slice(at + seen.length);
  for (let start = nextLine(seen, 0); start < seen.length; start = nextLine(seen, start)) {
    const kept = seen.length - start;
    if (kept <= content.length && content.startsWith(seen.slice(start))) return content.slice(kept);
  }
  return content;
}

/* From the beginning of a line on. */
function keepEnd(text: string): string {
  const end = text.slice(-KEPT_CHARACTERS);
  return end.length === text.length ? text : end.slice(nextLine(end, 0));
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}
