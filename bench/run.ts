// `npm run bench`: every benchmark in one run, each figure a ratio against something measured beside it.

import type { BenchRow } from './row.js';

const BENCHES = [
  'startup',
  'demo',
  'seal',
  'upload',
  'layer',
  'verify',
  'extractive',
  'summary',
  'shards',
] as const;

const wanted = process.argv.slice(2);
const rows: BenchRow[] = [];
for (const name of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name}`);
  const start = performance.now();
  try {
    const { default: bench } = (await import(`./${name}.js`)) as { default: () => Promise<BenchRow[]> };
    rows.push(...(await bench()));
  } catch (cause) {
    // The others are measured all the same; the run ends as failed.
    process.stderr.write(`: ${String(cause)}`);
    process.exitCode = 1;
  }
  process.stderr.write(`, ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
}
process.stdout.write(renderTable(rows));

function renderTable(measured: readonly BenchRow[]): string {
  const lines = [
    ['ratio', 'target', 'measured', 'against', 'figures'],
    ...measured.map(({ name, against, ratio, target, detail }) => [
      `${ratio.toFixed(2)}x`,
      target,
      name,
      against,
      detail,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}
