// Entry point of the summarizer's container.

import { fileURLToPath } from 'node:url';

import './silent-stderr.js';
import '../summarizer/quiet-runtime.js';
import { runRoom } from './run-room.js';
import { ROOM_EXIT } from './exit-codes.js';
import { readOwnEnvironment } from './own-environment.js';

const abortion = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abortion.abort());

/* A stack trace could quote text: whatever nobody caught ends the process with its kind, and nothing else. */
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, () => {
    process.stdout.write(`{"event":"crashed","kind":"${event}"}\n`);
    process.exit(ROOM_EXIT.internal);
  });
}

process.exitCode = await runRoom({
  readEnvironment: readOwnEnvironment,
  write: (line) => process.stdout.write(line),
  signal: abortion.signal,
  /* Beside lib in the image, wherever the image's copy lies. */
  modelsDirectory: fileURLToPath(new URL('../../models', import.meta.url)),
});
process.exit();
