// The room's variables as the kernel holds them, so that none counts that was given twice.

import { readFileSync } from 'node:fs';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import type { Environment } from './config.js';

/** The block that the process was started with (proc_pid_environ(5)): `NAME=VALUE`, a NUL byte behind each. */
const ENVIRONMENT_BLOCK = '/proc/self/environ';

/**
 * This process's variables. Node.js shows one of two variables with the same name, and other programs show the other: read
 * from the kernel's block on Linux, elsewhere from Node.js.
 *
 * @throws CleanroomError ROOM_CONFIG_INVALID where a name stands there twice, an entry has no name or is not UTF-8, or the block
 *   cannot be read
 */
export function readOwnEnvironment(platform: NodeJS.Platform = process.platform): Environment {
  return platform === 'linux' ? parseEnvironmentBlock(readBlock(ENVIRONMENT_BLOCK)) : process.env;
}

/** The variables of a block. @throws as readOwnEnvironment */
export function parseEnvironmentBlock(block: Uint8Array): Environment {
  const text = decodeUtf8(block);
  if (text === null) throw invalid('the environment is not UTF-8');
  const variables = new Map<string, string>();
  for (const entry of text.split('\0')) {
    if (entry === '') continue;
    const equals = entry.indexOf('=');
    if (equals < 1) throw invalid('the environment contains an entry without a name');
    const name = entry.slice(0, equals);
    if (variables.has(name)) throw invalid(`${name.slice(0, 100)} is given twice`);
    variables.set(name, entry.slice(equals + 1));
  }
  return Object.fromEntries(variables);
}

function readBlock(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CleanroomError('ROOM_CONFIG_INVALID', 'the environment of the process cannot be read', {
      cause,
    });
  }
}

function invalid(problem: string): CleanroomError {
  return new CleanroomError('ROOM_CONFIG_INVALID', problem);
}
