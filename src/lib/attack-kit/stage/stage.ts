// Where the parties are played on one machine: each with a directory and a login of its own, in front of one local Azure.

import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Environment } from '../../ports/environment.js';
import { azureServices } from '../../azure/services.js';
import { findProfile } from '../../parties/profile.js';
import type { Progress } from '../../base/progress.js';

export interface Stage {
  /** State directory of the local Azure, which runs. */
  readonly emulatorDirectory: string;
  /** The directory of our package.json. */
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A party at work in `directory`, which is made, logged in as itself. */
export async function openParty(
  { emulatorDirectory }: Pick<Stage, 'emulatorDirectory'>,
  name: string,
  directory: string,
): Promise<Environment> {
  await mkdir(directory, { recursive: true });
  const profile = await findProfile({ name, workingDirectory: directory, emulatorDirectory });
  return { profile, directory, services: azureServices(profile) };
}

/** One party hands a file to another: contract, policy, card, consent. Nothing else ever passes between them. */
export async function handOver(name: string, from: Environment, to: Environment): Promise<void> {
  await cp(join(from.directory, name), join(to.directory, name));
}
