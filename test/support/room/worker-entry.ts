// What the thread of a test room runs.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const BUILT = 'dist/lib/room/summary-worker.js';

/** The built program where it is newer than every source, since it starts in a quarter of the time; otherwise the sources. */
export const SUMMARY_WORKER = isNewerThanSources(BUILT)
  ? new URL(`../../../${BUILT}`, import.meta.url)
  : new URL('./summary-worker.mjs', import.meta.url);

function isNewerThanSources(path: string): boolean {
  const built = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return readdirSync('src/lib', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .every((name) => statSync(join('src/lib', name)).mtimeMs < built);
}
