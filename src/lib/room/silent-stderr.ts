// Importing this file closes standard error off, for native code too: a runtime that fails may print what it stumbled over.
// The room's log lines go to standard output; nothing of ours is written to standard error.

import { closeSync, openSync } from 'node:fs';

const STDERR = 2;
const TRIES = 100;
const WAIT_MS = 10;

closeOff();

/* The lowest free number is given out next: this one, unless another thread opens a file in the same instant. */
function closeOff(): void {
  closeSync(STDERR);
  for (let tries = 0; tries < TRIES; tries++) {
    const opened = openSync('/dev/null', 'w');
    if (opened === STDERR) return;
    closeSync(opened);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
  throw new Error('standard error cannot be closed off');
}
