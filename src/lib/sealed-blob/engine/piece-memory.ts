// Memory of what a cipher returns, given back early on threads that do nothing else.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const COLLECT_EVERY = 8;

type Collect = (options: { readonly type: 'minor' }) => void;

/**
 * To be called after each segment: every 8 MiB the pieces that are not used any more are freed. Of itself the collector
 * waits for 32 MiB on each thread, and more threads would take memory past what sealing may have.
 */
export function createPieceCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as Collect | undefined;
  let segments = 0;
  return () => {
    if (++segments % COLLECT_EVERY === 0) collect?.({ type: 'minor' });
  };
}
