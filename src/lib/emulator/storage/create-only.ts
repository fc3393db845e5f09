// Writing with a SAS that may create and not write: what was there stays, and the answer says so.

import type { StorageTarget } from './target.js';

/* From this version on, `c` alone may put blocks too (REST reference, "Create a service SAS", permissions). */
const BLOCKS_BY_CREATE = '2026-04-06';

/** Whether the SAS of a query may create blobs, and not overwrite them. */
export function isCreateOnly(query: URLSearchParams): boolean {
  const permissions = query.get('sp') ?? '';
  return query.has('sig') && permissions.includes('c') && !permissions.includes('w');
}

/** Whether that SAS may put blocks. */
export function mayPutBlocks(query: URLSearchParams): boolean {
  return (query.get('sv') ?? '') >= BLOCKS_BY_CREATE;
}

/** Runs writes to one blob one after another: Azurite looks whether there is one, and only then writes. */
export interface BlobQueue {
  run<T>(target: StorageTarget, work: () => Promise<T>): Promise<T>;
}

export function createBlobQueue(): BlobQueue {
  const last = new Map<string, Promise<unknown>>();
  return {
    run: (target, work) => {
      const key = JSON.stringify([target.account, target.container, target.blob]);
      const done = (last.get(key) ?? Promise.resolve()).then(work);
      const settled = done.then(
        () => undefined,
        () => undefined,
      );
      last.set(key, settled);
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      return done;
    },
  };
}
