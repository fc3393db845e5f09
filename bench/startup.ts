// The program's start against a bare Node: what every command costs before it does anything.

import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

import type { BenchRow } from './row.js';

const ROUNDS = 15;
const TARGET = '< 3x';
/* A policy of confcom's, as a template carries it. */
const POLICY = 'test/vectors/attestation/sets/aci-milan-v3-svn103-ec/security-policy.rego';

/** The rows for `npm run bench`: the built program, interleaved with `node -e 0`. */
export default function benchStartup(): Promise<readonly BenchRow[]> {
  const commands = {
    '--version': ['bin/run.js', '--version'],
    'policy hash FILE': ['bin/run.js', 'policy', 'hash', POLICY],
  };
  const bare: number[] = [];
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(timed(['-e', '0']));
    for (const [name, argv] of Object.entries(commands)) times.get(name)?.push(timed(argv));
  }
  const bareMs = median(bare);
  return Promise.resolve(
    [...times].map(([name, measured]) => ({
      name: `cleanroom ${name}`,
      against: 'node -e 0',
      ratio: median(measured) / bareMs,
      target: TARGET,
      detail: `${median(measured).toFixed(0)} ms against ${bareMs.toFixed(0)} ms`,
    })),
  );
}

function timed(argv: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${argv.join(' ')} exited ${String(status)}: ${stderr}`);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
