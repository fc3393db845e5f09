// A room as a process that a test may kill: environment as a container has it, and a pace of its own on the command line.

import { createLog } from '../../../src/lib/room/log.js';
import { startRoom } from '../../../src/lib/room/room.js';

const [leaseSeconds = '2', pollMs = '100'] = process.argv.slice(2);
const now = (): Date => new Date();
const room = await startRoom({
  environment: process.env,
  log: createLog((line) => process.stdout.write(line), now),
  schedule: { firstDelayMs: 20, maxDelayMs: 200, giveUpAfterMs: 60_000 },
  modelsDirectory: 'models',
  signal: new AbortController().signal,
  now,
  pace: { leaseSeconds: Number(leaseSeconds), pollMs: Number(pollMs) },
  port: 0,
});
const { state } = await room.ended;
process.exit(state === 'done' ? 0 : 3);
