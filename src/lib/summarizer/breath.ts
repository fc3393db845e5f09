// Long computation in pieces: between them, timers, connections and signals get their turn.

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that a computation holds the event loop. */
const HOLD_MS = 25;

/** To be awaited often; gives way when it is time, and throws the signal's reason when it is aborted. */
export type Breath = () => Promise<void>;

/** A breath for one computation. */
export function createBreath(signal?: AbortSignal): Breath {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < HOLD_MS) return;
    await nextTurn();
    signal?.throwIfAborted();
    since = performance.now();
  };
}
