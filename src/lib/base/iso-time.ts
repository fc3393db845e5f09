// A time as results state it.

/* ECMA-262 §21.4.1.1: the greatest time value, in seconds. */
const MAX_SECONDS = 8.64e12;

/** ISO 8601 of `seconds` since 1970; the number itself where it is beyond every date. */
export function isoTime(seconds: number): string {
  return Math.abs(seconds) <= MAX_SECONDS ? new Date(seconds * 1000).toISOString() : String(seconds);
}
