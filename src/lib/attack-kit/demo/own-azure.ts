// A local Azure of one's own for the length of one command, in a directory that is removed unless it is to be kept.

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startEmulator } from '../../emulator/emulator.js';
import { CleanroomError } from '../../base/errors.js';
import { packSummarizer } from '../../images/pack/pack-program.js';
import type { Progress } from '../../base/progress.js';
import type { Stage } from '../stage/stage.js';

export interface OwnAzureOptions {
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  /** Directory to leave everything in; null: a temporary one that is removed. */
  readonly keep: string | null;
  readonly parties: readonly string[];
  /** As of startEmulator. */
  readonly cryptoOfficers?: readonly { readonly party: string; readonly of: string }[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What the work of the command finds. */
export interface OwnAzure {
  readonly stage: Stage;
  readonly root: string;
  /** Archive of the summarizer with the demo's model. */
  readonly summarizerArchive: string;
  readonly modelDirectory: string;
}

/**
 * Starts the emulator, packs the summarizer meanwhile, works, and ends the emulator, whatever happened.
 *
 * @throws CleanroomError DIRECTORY_NOT_EMPTY, INTERRUPTED, and as startEmulator, packSummarizer and `work`
 */
export async function withOwnAzure<T>(
  options: OwnAzureOptions,
  work: (azure: OwnAzure) => Promise<T>,
): Promise<T> {
  const { packageRoot, cacheDirectory, progress, signal } = options;
  const root = await openRoot(options.keep);
  const removeRoot = (): void => {
    if (options.keep === null) rmSync(root, { recursive: true, force: true });
  };
  // Also where the process is ended by a second Ctrl-C.
  process.once('exit', removeRoot);
  try {
    progress.phase('starting a local Azure, and packing the summarizer without Docker');
    const summarizerArchive = join(root, 'summarizer.oci.tar');
    const modelDirectory = join(packageRoot, 'models/t5-demo');
    const directory = join(root, 'emulator');
    const [started, packed] = await Promise.allSettled([
      startEmulator({
        directory,
        parties: options.parties,
        cryptoOfficers: options.cryptoOfficers ?? [],
        keyCache: join(cacheDirectory, 'emulator-keys'),
      }),
      packSummarizer({ packageRoot, out: summarizerArchive, modelDirectory, signal }),
    ]);
    if (started.status === 'rejected') throw started.reason;
    try {
      if (packed.status === 'rejected') throw packed.reason;
      signal.throwIfAborted();
      const stage = { emulatorDirectory: directory, packageRoot, cacheDirectory, progress, signal };
      return await work({ stage, root, summarizerArchive, modelDirectory });
    } finally {
      await started.value.stop();
    }
  } finally {
    process.off('exit', removeRoot);
    removeRoot();
  }
}

async function openRoot(keep: string | null): Promise<string> {
  if (keep === null) return mkdtemp(join(tmpdir(), 'cleanroom-demo-'));
  const root = resolve(keep);
  await mkdir(root, { recursive: true });
  if ((await readdir(root)).length > 0) {
    throw new CleanroomError('DIRECTORY_NOT_EMPTY', `${root} is not empty`);
  }
  return root;
}
