// Worker threads do not inherit tsx: this entry registers it, then runs the worker from the sources.

import { register } from 'tsx/esm/api';

register();
await import('../../../src/lib/room/summary-worker.ts');
