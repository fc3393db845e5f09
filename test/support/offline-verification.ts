// What a verification gets from its command where it may ask nobody: no login, no storage, and no progress shown.

import type { VerifyEnvironment } from '../../src/lib/parties/verify-request.js';

const SILENT = { phase: () => undefined, advance: () => undefined, done: () => undefined };

export const OFFLINE: VerifyEnvironment = {
  progress: () => Promise.resolve(SILENT),
  signal: new AbortController().signal,
  root: '.',
  cacheDirectory: '.',
  desk: {
    open: () => Promise.reject(new Error('no login is needed')),
    openIfThere: () => Promise.resolve(null),
    sasByAccountKey: () => Promise.reject(new Error('no SAS is needed')),
  },
};
