// A room of several as a process, as main.js has it, on a port that is free: many run on one machine here. At its end it logs what
// it has used; models come from the sources, as the built program has none beside it.

import { createLog } from '../../../dist/lib/room/log.js';
import { readOwnEnvironment } from '../../../dist/lib/room/own-environment.js';
import { startRoom } from '../../../dist/lib/room/room.js';
import { DEFAULT_SCHEDULE } from '../../../dist/lib/room/retry.js';
import { availableMemory } from '../../../dist/lib/summarizer/available-memory.js';
import '../../../dist/lib/summarizer/quiet-runtime.js';

const write = (line) => process.stdout.write(line);
const abortion = new AbortController();
process.once('SIGTERM', () => abortion.abort());
const room = await startRoom({
  environment: readOwnEnvironment(),
  log: createLog(write),
  schedule: DEFAULT_SCHEDULE,
  modelsDirectory: 'models',
  availableMemory: () => availableMemory(),
  signal: abortion.signal,
  now: () => new Date(),
  port: 0,
});
const { state, code } = await room.ended;
await room.close();
const { user, system } = process.cpuUsage();
const { maxRSS } = process.resourceUsage();
write(`${JSON.stringify({ event: 'used', state, code, seconds: (user + system) / 1e6, peakKiB: maxRSS })}\n`);
process.exit(state === 'done' ? 0 : 5);
