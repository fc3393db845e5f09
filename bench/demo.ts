// The demo as a newcomer runs it: the first time, with every key to be made, and again.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import type { BenchRow } from './row.js';

const TARGET_SECONDS = 60;

/** The rows for `npm run bench`. */
export default function benchDemo(): Promise<readonly BenchRow[]> {
  const home = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  try {
    return Promise.resolve(
      ['first run', 'second run'].map((which): BenchRow => {
        const seconds = runDemo(home);
        return {
          name: `demo, ${which}`,
          against: `${TARGET_SECONDS} seconds`,
          ratio: seconds / TARGET_SECONDS,
          target: '< 1x',
          detail: `${seconds.toFixed(1)} s`,
        };
      }),
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function runDemo(home: string): number {
  const start = performance.now();
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home };
  const { status, stderr } = spawnSync(process.execPath, ['bin/run.js', 'demo', '--json'], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`demo exited ${String(status)}: ${stderr}`);
  return (performance.now() - start) / 1000;
}
