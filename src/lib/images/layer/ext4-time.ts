// Times as ext4 keeps them: 34 bits of seconds and 30 of nanoseconds in two 32-bit words.

import type { TarTime } from '../tar/entry.js';

/** `low` is the time field of the inode, `high` its `_extra` field. */
export interface Ext4Time {
  readonly low: number;
  readonly high: number;
}

export const NO_TIME: Ext4Time = { low: 0, high: 0 };

const MAX_SECONDS = 0x3_7fff_ffff;
const MIN_SECONDS = -0x8000_0000;
/* Go's zero time, 0001-01-01, which the reference takes for "no time". */
const GO_ZERO_SECONDS = -62_135_596_800;

/** Clamps at 1901 and 2446. Below zero the upper word is all ones, whatever the nanoseconds: so does the reference. */
export function encodeExt4Time(time: TarTime | null): Ext4Time {
  if (time === null || (time.seconds === GO_ZERO_SECONDS && time.nanoseconds === 0)) return NO_TIME;
  const { seconds, nanoseconds } = time;
  if (seconds < MIN_SECONDS) return { low: 0x8000_0000, high: 0 };
  if (seconds > MAX_SECONDS) return { low: 0x7fff_ffff, high: 3 };
  if (seconds < 0) return { low: seconds >>> 0, high: 0xffff_ffff };
  return { low: seconds >>> 0, high: (Math.floor(seconds / 2 ** 32) + nanoseconds * 4) >>> 0 };
}

/** Reads a time back, as the reference does when a made-up parent takes over its parent's times. */
export function decodeExt4Time({ low, high }: Ext4Time): TarTime | null {
  if (low === 0 && high === 0) return null;
  const unsigned = low + (high & 3) * 2 ** 32;
  const seconds = unsigned > 0x7fff_ffff && unsigned < 0x1_0000_0000 ? unsigned | 0 : unsigned;
  const nanoseconds = high >>> 2;
  return nanoseconds < 1_000_000_000
    ? { seconds, nanoseconds }
    : { seconds: seconds + 1, nanoseconds: nanoseconds - 1_000_000_000 };
}
