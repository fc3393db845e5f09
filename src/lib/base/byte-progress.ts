// Progress over bytes: share, rate, and the time that is left.

import type { Progress } from './progress.js';

const INTERVAL_MS = 200;

/** Tells `progress` of bytes as they pass; `total` null where it is not known. */
export function createByteProgress(
  progress: Progress,
  total: number | null,
  now: () => number = () => performance.now(),
): (bytes: number) => void {
  const start = now();
  let passed = 0;
  let told = start;
  return (bytes) => {
    passed += bytes;
    const time = now();
    if (time - told < INTERVAL_MS) return;
    told = time;
    const rate = passed / ((time - start) / 1000);
    progress.advance(
      total === null ? 0 : passed / total,
      describeRate(rate, total === null ? null : total - passed),
    );
  };
}

function describeRate(rate: number, left: number | null): string {
  const speed = `${(rate / 1024 / 1024).toFixed(0)} MiB/s`;
  return left === null ? speed : `${speed}, ${Math.ceil(Math.max(0, left) / rate)} s left`;
}
