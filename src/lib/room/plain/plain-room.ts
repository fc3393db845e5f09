// A room without any of what makes a room: no key, no attestation, no seal. It reads a mounted share, summarizes, and shows
// the summary to whoever asks. A program of its own, so that the confidential one has no switch that leads here.

import type { Server } from 'node:https';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { checkContract, type ParsedContract } from '../../contract/check.js';
import { CleanroomError, type ErrorCode } from '../../base/errors.js';
import type { Check } from '../../base/verdict/check.js';
import { listenOn } from '../listen.js';
import type { Log } from '../log.js';
import { locatePlainModel } from '../model.js';
import { createRoomIdentity } from '../room-identity.js';
import { StatusBoard } from '../room-status.js';
import { summarizeApart } from '../summary-thread.js';
import { readMountedText } from './mounted-text.js';
import { createPlainServer } from './plain-server.js';

export interface PlainRoomOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly modelsDirectory: string;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Other than the contract's first port; 0 lets the system choose. */
  readonly port?: number;
}

export interface RunningPlainRoom {
  readonly server: Server;
  /** The work's end; never rejects. */
  readonly ended: Promise<ErrorCode | null>;
}

/** Serves at once, and summarizes at the same time. @throws CleanroomError ROOM_CONFIG_INVALID, CONTRACT_INVALID */
export async function startPlainRoom(options: PlainRoomOptions): Promise<RunningPlainRoom> {
  const { environment, now, log } = options;
  const parsed = readContract(environment['CLEANROOM_PLAIN_CONTRACT']);
  const directory = environment['CLEANROOM_PLAIN_TEXT'];
  if (directory === undefined) throw invalid('CLEANROOM_PLAIN_TEXT is not set');
  const board = new StatusBoard(now);
  let summaries: readonly string[] | null = null;
  let checks: readonly Check[] = [];
  const { tls } = await createRoomIdentity(now());
  const server = createPlainServer({
    name: parsed.contract.name,
    status: () => board.snapshot(),
    summaries: () => summaries,
    checks: () => checks,
    tls,
  });
  await listenOn(server, options.port ?? parsed.contract.room.ports[0]);
  log.write('plain-serving', { contract: parsed.digest });
  const work = async (): Promise<ErrorCode | null> => {
    try {
      board.enter('working');
      const documents = await readMountedText(directory);
      const { files } = await locatePlainModel(parsed.contract, options.modelsDirectory);
      const task = { contract: parsed.contract, model: files, documents };
      const made = await summarizeApart(task, { signal: options.signal });
      checks = made.checks;
      if (!made.within) return end(board, log, 'LIMIT_REFUSED');
      summaries = [made.summary, ...made.documents];
      return end(board, log, null);
    } catch (error) {
      return end(board, log, error instanceof CleanroomError ? error.code : 'INTERNAL');
    }
  };
  return { server, ended: work() };
}

function end(board: StatusBoard, log: Log, code: ErrorCode | null): ErrorCode | null {
  const state = code === null ? 'done' : code === 'LIMIT_REFUSED' ? 'refused' : 'failed';
  board.finish(state, code);
  log.write('plain-ended', { state, code });
  return code;
}

function readContract(encoded: string | undefined): ParsedContract {
  const bytes = encoded === undefined ? null : fromBase64Url(encoded);
  const text = bytes === null ? null : decodeUtf8(bytes);
  if (text === null) throw invalid('CLEANROOM_PLAIN_CONTRACT is not base64url of a contract');
  return checkContract(parseStrictJson(text));
}

function invalid(problem: string): CleanroomError {
  return new CleanroomError('ROOM_CONFIG_INVALID', problem);
}
