// What a model needs of memory, in one line.

import type { RoomMemory } from '../parties/room-memory.js';

/** One line, for people. */
export function renderRoomMemory({ neededMiB, givenGiB }: RoomMemory): string {
  return `memory: the model needs about ${neededMiB} MiB; the summarizer has ${givenGiB} GiB`;
}
