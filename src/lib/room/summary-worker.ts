// The thread of summary-thread.ts: does one task, says what came of it, and ends.

import { parentPort, workerData } from 'node:worker_threads';

import '../summarizer/quiet-runtime.js';
import { CleanroomError } from '../base/errors.js';
import type { MadePart } from './shards/part.js';
import { askForDocuments } from './thread-documents.js';
import { runThreadTask, type ThreadMessage, type ThreadTask } from './thread-task.js';

const port = parentPort;
if (port === null) throw new CleanroomError('INTERNAL', 'this is no thread');
const say = (message: ThreadMessage): void => port.postMessage(message);
const abortion = new AbortController();
port.on('message', (message: unknown) => {
  if (message === 'abort') abortion.abort();
});
const tools = {
  signal: abortion.signal,
  documents: askForDocuments(port),
  tell: (parts: readonly MadePart[]) => say({ parts }),
};

/* Only the code of an error goes back: its message might quote what it stumbled over. */
try {
  say({ made: await runThreadTask(workerData as ThreadTask, tools) });
} catch (error) {
  say({ failed: error instanceof CleanroomError ? error.code : 'INTERNAL' });
} finally {
  port.close();
}
