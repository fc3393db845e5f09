// The demo's two parties at work: each with a directory and a login of its own, in front of one local Azure.

import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { environmentOf, type Environment } from '../cli/environment.js';
import { findProfile } from '../cli/profile.js';
import type { RunningEmulator } from '../emulator/emulator.js';
import type { Progress } from '../progress.js';

export interface Workspace {
  readonly emulator: RunningEmulator;
  readonly contoso: Environment;
  readonly fabrikam: Environment;
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Opens the parties' directories under `root` and logs both in. */
export async function openWorkspace(
  root: string,
  emulator: RunningEmulator,
  rest: Pick<Workspace, 'cacheDirectory' | 'progress' | 'signal'>,
): Promise<Workspace> {
  const contoso = await openParty(root, 'contoso', emulator);
  const fabrikam = await openParty(root, 'fabrikam', emulator);
  return { emulator, contoso, fabrikam, ...rest };
}

async function openParty(root: string, name: string, emulator: RunningEmulator): Promise<Environment> {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  const profile = await findProfile({
    name,
    workingDirectory: directory,
    emulatorDirectory: emulator.directory,
  });
  return environmentOf(profile, directory);
}

/** One party hands a file to another: contract, policy, card, consent. Nothing else ever passes between them. */
export async function handOver(name: string, from: Environment, to: Environment): Promise<void> {
  await cp(join(from.directory, name), join(to.directory, name));
}
