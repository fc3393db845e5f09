// What a command acts in: the chosen profile, its connection, and the contract that it was given.

import { basename, join } from 'node:path';

import { MAX_CONTRACT_BYTES } from '../contract/check.js';
import { parseContract, type ParsedContract } from '../contract/parse.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { findRunningEmulator } from './emulator-directory.js';
import type { Desk, Environment } from '../ports/environment.js';
import type { Profile } from '../ports/profile.js';
import type { Services } from '../ports/services.js';
import { findProfile } from './profile.js';

export interface EnvironmentSearch {
  /** From --profile or CLEANROOM_PROFILE. */
  readonly profileName: string | undefined;
  /** oclif's data directory: where the running emulator is remembered. */
  readonly dataDir: string;
  /** The party that acts, where the command line says so. */
  readonly party?: string | undefined;
}

/** The part of a desk that a profile makes. */
export type ProfileDesk = Pick<Desk, 'open' | 'openIfThere'>;

/** The desk of whoever the command line means, at work in the working directory. @param services - what a profile's login reaches */
export function deskOf(
  { profileName, dataDir, party }: EnvironmentSearch,
  services: (profile: Profile) => Services,
): ProfileDesk {
  const open = async (): Promise<Environment> => {
    const emulatorDirectory = await findRunningEmulator(dataDir);
    const workingDirectory = process.cwd();
    const profile = await findProfile({ name: profileName, workingDirectory, emulatorDirectory, party });
    return { profile, directory: workingDirectory, services: services(profile) };
  };
  return {
    open,
    openIfThere: async () => {
      try {
        return await open();
      } catch (cause) {
        if (profileName === undefined && cause instanceof CleanroomError && cause.code === 'NO_ENVIRONMENT')
          return null;
        throw cause;
      }
    },
  };
}

/** Reads the contract file; `contract.yaml` in `directory` where none is named. */
export async function readContract(
  path: string | undefined,
  directory = process.cwd(),
): Promise<ParsedContract> {
  const file = path ?? join(directory, 'contract.yaml');
  const text = await readTextBounded(file, MAX_CONTRACT_BYTES).catch((cause: unknown) => {
    throw basename(file) === 'contract.yaml' ? noContract(cause) : cause;
  });
  return parseContract(text);
}

/* The usual name: most likely nobody has agreed on anything in this directory yet. */
function noContract(cause: unknown): unknown {
  if (!(cause instanceof CleanroomError) || cause.code !== 'FILE_NOT_FOUND') return cause;
  return new CleanroomError('FILE_NOT_FOUND', cause.message, {
    hint: 'The host writes it with cleanroom propose CARD, an owner takes it with cleanroom accept OFFER TEXT; -f names another file.',
    cause,
  });
}
