// Entry point of the plain, unconfidential variant; see plain-room.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { CleanroomError } from '../../base/errors.js';
import { ROOM_EXIT, roomExitCode } from '../exit-codes.js';
import { createLog } from '../log.js';
import { startPlainRoom } from './plain-room.js';

const abortion = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abortion.abort());
const log = createLog((line) => process.stdout.write(line));

try {
  const { server } = await startPlainRoom({
    environment: process.env,
    log,
    /* Beside lib in the image, wherever the image's copy lies. */
    modelsDirectory: fileURLToPath(new URL('../../../models', import.meta.url)),
    signal: abortion.signal,
    now: () => new Date(),
  });
  /* The page stays until the group is stopped, also after a failure: it is what says so. */
  await sleep(2 ** 31 - 1, undefined, { signal: abortion.signal }).catch(() => undefined);
  server.close();
  process.exit(ROOM_EXIT.stopped);
} catch (error) {
  const code = error instanceof CleanroomError ? error.code : 'INTERNAL';
  log.write('plain-not-started', { code });
  process.exit(roomExitCode(code));
}
