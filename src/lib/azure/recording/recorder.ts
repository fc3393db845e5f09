// The recorder: exchanges of a real subscription as files that can be handed on, one each. Off unless CLEANROOM_RECORD names a directory.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { CleanroomError, describeCause, systemErrorCode } from '../../base/errors.js';
import { openPseudonyms } from './pseudonyms.js';
import { sanitizeExchange, type WireExchange } from './recorded-exchange.js';

/** The variable that names the directory. */
export const RECORD_VARIABLE = 'CLEANROOM_RECORD';

/** Writes what may be kept of an exchange. @throws CleanroomError FILE_UNWRITABLE */
export type ExchangeRecorder = (exchange: WireExchange) => Promise<void>;

/**
 * The recorder of this process; null where none is asked for. Directory and key are made for this user only; files are never overwritten.
 *
 * @throws CleanroomError FILE_UNWRITABLE, FILE_UNREADABLE
 */
export async function openRecorder(named: string | undefined): Promise<ExchangeRecorder | null> {
  if (named === undefined || named === '') return null;
  const directory = resolve(named);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(directory, cause);
  }
  const name = await openPseudonyms(directory);
  return async (exchange) => {
    const text = `${JSON.stringify(sanitizeExchange(exchange, name), null, 1)}\n`;
    try {
      await writeNext(directory, text);
    } catch (cause) {
      throw unwritable(directory, cause);
    }
  };
}

/* The first number that is free, also where several processes record at once. */
async function writeNext(directory: string, text: string): Promise<void> {
  const taken = (await readdir(directory)).map((file) => Number.parseInt(file, 10)).filter(Number.isFinite);
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    try {
      await writeFile(join(directory, `${String(number).padStart(5, '0')}.json`), text, {
        flag: 'wx',
        mode: 0o600,
      });
      return;
    } catch (cause) {
      if (systemErrorCode(cause) !== 'EEXIST') throw cause;
    }
  }
}

function unwritable(directory: string, cause: unknown): CleanroomError {
  return new CleanroomError(
    'FILE_UNWRITABLE',
    `nothing can be recorded in ${directory}: ${describeCause(cause)}`,
    { hint: `Make room there, or unset ${RECORD_VARIABLE}.`, cause },
  );
}
