// Holding a queue message for as long as its work takes: its lease is prolonged until it is settled.

import type { LeasedMessage, WorkQueue } from './work-queue.js';

export interface Lease {
  readonly message: LeasedMessage;
  /** The work is done: the message goes. */
  settle(): Promise<void>;
  /** The work is not done: others see the message again, at once. Never rejects. */
  giveBack(): Promise<void>;
}

/**
 * Prolongs a message's lease at each third of `seconds`. A lease that is lost stays lost: somebody else does the work too,
 * and whoever stores it first has done it.
 */
export function holdLease(queue: WorkQueue, message: LeasedMessage, seconds: number): Lease {
  let current: LeasedMessage | null = message;
  let pending: Promise<void> = Promise.resolve();
  const prolong = async (): Promise<void> => {
    if (current === null) return;
    try {
      current = await queue.prolong(current, seconds);
    } catch {
      /* Tried again at the next third. */
    }
  };
  const timer = setInterval(
    () => {
      pending = pending.then(prolong);
    },
    (seconds * 1000) / 3,
  );
  timer.unref();
  const end = async (): Promise<LeasedMessage | null> => {
    clearInterval(timer);
    await pending;
    return current;
  };
  return {
    message,
    settle: async () => {
      const held = await end();
      if (held !== null) await queue.remove(held);
    },
    giveBack: async () => {
      const held = await end();
      if (held !== null) await queue.prolong(held, 0).catch(() => null);
    },
  };
}
