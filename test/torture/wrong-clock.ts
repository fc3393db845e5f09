// Clocks that are not right: the client's by a preload, the local Azure's by its own seam.

import { type Disturbance, preloading } from './disturbed.js';

const HOURS = [-48, -2, 2, 48, 24 * 400];

/** The clock of a local Azure, which can be set: it is handed to it at its start. */
export interface SetClock {
  aheadMs: number;
}

export function clientClock(random: () => number): Disturbance {
  return {
    name: 'clock of the client, 2 h to 400 days wrong',
    begin: () =>
      Promise.resolve({
        env: { NODE_OPTIONS: preloading('shifted-clock.mjs'), TORTURE_CLOCK_MS: String(aheadMs(random)) },
      }),
    end: () => Promise.resolve(),
    never: ['INTERNAL'],
  };
}

export function azureClock(clock: SetClock, random: () => number): Disturbance {
  return {
    name: 'clock of the local Azure, 2 h to 400 days wrong',
    begin: () => {
      clock.aheadMs = aheadMs(random);
      return Promise.resolve({});
    },
    end: () => {
      clock.aheadMs = 0;
      return Promise.resolve();
    },
    never: ['INTERNAL'],
  };
}

function aheadMs(random: () => number): number {
  return HOURS[Math.floor(random() * HOURS.length)]! * 3_600_000;
}
