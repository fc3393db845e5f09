// A local Azure of one's own for the length of one command, in a directory that is removed unless it is to be kept.

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startEmulator } from '../../emulator/emulator.js';
import { CleanroomError } from '../../base/errors.js';
import { probeIsolation } from '../../emulator/room-host/namespaces/probe.js';
import type { BaseSource } from '../../images/base/base-layers.js';
import { packSummarizer, type PackSummarizerOptions } from '../../images/pack/pack-program.js';
import type { Progress } from '../../base/progress.js';
import type { Stage } from '../stage/stage.js';

export interface OwnAzureOptions {
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  /** Where the room's base comes from; null: the room has none, and runs on this machine's Node.js. */
  readonly base: BaseSource | null;
  /** Directory to leave everything in; null: a temporary one that is removed. */
  readonly keep: string | null;
  readonly parties: readonly string[];
  /** Whether the room has the demo's model; without it, it picks sentences. */
  readonly withModel: boolean;
  /** As of startEmulator. */
  readonly cryptoOfficers?: readonly { readonly party: string; readonly of: string }[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** How the rooms of the demo ran. */
export interface DemoRooms {
  readonly kind: 'namespaces' | 'processes';
  /** `image`: on the image's own Node.js and libraries; `machine`: on this machine's. */
  readonly node: 'image' | 'machine';
  /** Why no more; null where nothing is missing. */
  readonly why: string | null;
}

/** What the work of the command finds. */
export interface OwnAzure {
  readonly stage: Stage;
  readonly root: string;
  readonly rooms: DemoRooms;
  readonly summarizerArchive: string;
  /** The demo's model, which the archive has; null where it has none. */
  readonly modelDirectory: string | null;
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
    const modelDirectory = options.withModel ? join(packageRoot, 'models/t5-demo') : null;
    const directory = join(root, 'emulator');
    const [started, packed] = await Promise.allSettled([
      startEmulator({
        directory,
        parties: options.parties,
        cryptoOfficers: options.cryptoOfficers ?? [],
        keyCache: join(cacheDirectory, 'emulator-keys'),
      }),
      packRoom(options.base, { packageRoot, out: summarizerArchive, modelDirectory, signal }),
    ]);
    if (started.status === 'rejected') throw started.reason;
    try {
      if (packed.status === 'rejected') throw packed.reason;
      signal.throwIfAborted();
      const stage = { emulatorDirectory: directory, packageRoot, cacheDirectory, progress, signal };
      const rooms: DemoRooms = { ...packed.value, kind: started.value.rooms.kind };
      return await work({ stage, root, rooms, summarizerArchive, modelDirectory });
    } finally {
      await started.value.stop();
    }
  } finally {
    process.off('exit', removeRoot);
    removeRoot();
  }
}

/* The whole room where it can run as one; else, and where its base cannot be fetched, its own layers alone. */
async function packRoom(
  source: BaseSource | null,
  options: Omit<PackSummarizerOptions, 'base'>,
): Promise<Pick<DemoRooms, 'node' | 'why'>> {
  const isolation = await probeIsolation();
  let why = isolation.kind === 'processes' ? isolation.why : null;
  if (source !== null && why === null) {
    try {
      await packSummarizer({ ...options, base: { kind: 'locked', source } });
      return { node: 'image', why: null };
    } catch (cause) {
      if (!(cause instanceof CleanroomError) || cause.code !== 'IMAGE_BASE_UNREACHABLE') throw cause;
      why = cause.message;
    }
  }
  await packSummarizer(options);
  return { node: 'machine', why };
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
