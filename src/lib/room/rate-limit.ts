// A token bucket: fresh reports cost the security processor time, and anybody may ask for one.

export interface RateLimit {
  /** Whether one more is allowed now; counts it if so. */
  take(): boolean;
}

/** Allows `burst` at once and `perSecond` in the long run. */
export function createRateLimit(burst: number, perSecond: number, now: () => number = Date.now): RateLimit {
  let tokens = burst;
  let last = now();
  return {
    take: () => {
      const at = now();
      tokens = Math.min(burst, tokens + ((at - last) / 1000) * perSecond);
      last = at;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
