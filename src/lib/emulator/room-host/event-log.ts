// Events of a group or container, repeated ones counted, as ACI shows them.

import type { GroupEvent } from './group-spec.js';

const MAX_EVENTS = 100;

export interface EventLog {
  readonly events: readonly GroupEvent[];
  add(type: GroupEvent['type'], name: string, message: string): void;
}

export function createEventLog(): EventLog {
  const events: GroupEvent[] = [];
  return {
    events,
    add: (type, name, message) => {
      const now = new Date().toISOString();
      const index = events.findIndex((event) => event.name === name && event.message === message);
      const before = events[index];
      if (before === undefined) {
        events.push({ name, type, message, count: 1, firstTimestamp: now, lastTimestamp: now });
        events.splice(0, events.length - MAX_EVENTS);
      } else events[index] = { ...before, count: before.count + 1, lastTimestamp: now };
    },
  };
}
