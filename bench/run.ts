// `npm run bench`: every benchmark of DESIGN §8 in one run, each figure a ratio against something measured beside it.

import type { BenchRow } from './row.js';

const BENCHES = ['startup', 'demo', 'seal', 'upload', 'layer', 'verify', 'summary', 'replicas'] as const;

const wanted = process.argv.slice(2);
const rows: BenchRow[] = [];
for (const name of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name}\n`);
  const { default: bench } = (await import(`./${name}.js`)) as { default: () => Promise<BenchRow[]> };
  rows.push(...(await bench()));
}
for (const { name, against, ratio, target, detail } of rows) {
  process.stdout.write(`${name} / ${against}: ${ratio.toFixed(2)}x (target ${target})  ${detail}\n`);
}
