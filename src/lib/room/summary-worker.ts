// The thread of summary-thread.ts: does one task, says what came of it, and ends.

import { parentPort, workerData } from 'node:worker_threads';

import '../summarizer/quiet-runtime.js';
import { CleanroomError } from '../base/errors.js';
import { runThreadTask, type ThreadMessage, type ThreadTask } from './thread-task.js';

const port = parentPort;
const say = (message: ThreadMessage): void => port?.postMessage(message);
const abortion = new AbortController();
port?.once('message', () => abortion.abort());

/* Only the code of an error goes back: its message might quote what it stumbled over. */
try {
  say({ made: await runThreadTask(workerData as ThreadTask, abortion.signal) });
} catch (error) {
  say({ failed: error instanceof CleanroomError ? error.code : 'INTERNAL' });
} finally {
  port?.close();
}
