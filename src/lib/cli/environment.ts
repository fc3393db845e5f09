// What a command acts in: the chosen profile, its connection, and the contract that it was given.

import { join } from 'node:path';

import type { Connection } from '../azure/connection.js';
import { parseContract, type ParsedContract } from '../contract/parse.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { findRunningEmulator } from './emulator-directory.js';
import { findProfile, type Profile } from './profile.js';

const MAX_CONTRACT_BYTES = 4 * 1024 * 1024;

export interface EnvironmentSearch {
  /** From --profile or CLEANROOM_PROFILE. */
  readonly profileName: string | undefined;
  /** oclif's data directory: where the running emulator is remembered. */
  readonly dataDir: string;
}

/** A party at work: its profile, its directory, and a connection that is opened when first used. */
export interface Environment {
  readonly profile: Profile;
  readonly directory: string;
  readonly connect: () => Promise<Connection>;
}

/** The party of a profile, at work in `directory`. */
export function environmentOf(profile: Profile, directory: string): Environment {
  let connection: Promise<Connection> | undefined;
  return {
    profile,
    directory,
    connect: () =>
      (connection ??= import('../azure/connection.js').then(({ openConnection }) => openConnection(profile))),
  };
}

/** The party that the command line means, at work in the working directory. @throws CleanroomError as findProfile */
export async function openEnvironment({ profileName, dataDir }: EnvironmentSearch): Promise<Environment> {
  const emulatorDirectory = await findRunningEmulator(dataDir);
  const workingDirectory = process.cwd();
  return environmentOf(
    await findProfile({ name: profileName, workingDirectory, emulatorDirectory }),
    workingDirectory,
  );
}

/** As openEnvironment, but null where there is neither a profile nor an emulator: for commands that work offline. */
export async function tryEnvironment(search: EnvironmentSearch): Promise<Environment | null> {
  try {
    return await openEnvironment(search);
  } catch (cause) {
    if (
      search.profileName === undefined &&
      cause instanceof CleanroomError &&
      cause.code === 'NO_ENVIRONMENT'
    )
      return null;
    throw cause;
  }
}

/** Reads the contract file; `contract.yaml` in `directory` where none is named. */
export async function readContract(
  path: string | undefined,
  directory = process.cwd(),
): Promise<ParsedContract> {
  return parseContract(await readTextBounded(path ?? join(directory, 'contract.yaml'), MAX_CONTRACT_BYTES));
}
