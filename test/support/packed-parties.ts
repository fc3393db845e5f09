// Contoso and Fabrikam with the packed summarizer as its image: for rooms that really run.

import { join } from 'node:path';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import type { RoomsOption } from '../../src/lib/emulator/room-host/namespaces/probe.js';
import { packSummarizer } from '../../src/lib/images/pack/pack-program.js';
import { SILENT } from '../../src/lib/base/progress.js';
import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { pushArchive } from '../../src/lib/attack-kit/stage/push-image.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { ownerWith, ROOMS, startTestEmulator } from './local-azure.js';

export interface PackedParties {
  readonly emulator: RunningEmulator;
  readonly stage: Stage;
  readonly deal: Deal;
  stop(): Promise<void>;
}

const LIMITS = {
  scripts: ['Latin' as const],
  maxCharacters: 12_000,
  maxShareOfSource: 1,
  maxCopiedWords: 10_000,
  maxCopiedShare: 1,
  minDocuments: 1,
  maxResults: 1,
};

export interface PackedOptions {
  /** Fabrikam's vault: its Managed HSM if absent. */
  readonly vault?: 'vault' | 'keyVault';
  /** What rooms get; what tests of this machine have if absent. */
  readonly rooms?: RoomsOption;
  /** Whether they agree on pods on virtual nodes. */
  readonly kubernetes?: boolean;
}

/** Starts a local Azure below `root` and lets the parties agree; sentences are picked, so that no model is loaded. */
export async function startPackedParties(
  root: string,
  { vault = 'vault', kubernetes = false, rooms = ROOMS }: PackedOptions = {},
): Promise<PackedParties> {
  const emulator = await startTestEmulator(join(root, 'emulator'), { rooms });
  const stage: Stage = {
    emulatorDirectory: emulator.directory,
    packageRoot: process.cwd(),
    cacheDirectory: join(root, 'cache'),
    progress: SILENT,
    signal: new AbortController().signal,
  };
  const contoso = await openParty(stage, 'contoso', join(root, 'contoso'));
  const fabrikam = await ownerWith(stage, emulator, vault, join(root, 'fabrikam'));
  const archive = join(root, 'summarizer.oci.tar');
  await packSummarizer({ packageRoot: process.cwd(), out: archive, modelDirectory: null });
  const deal = await agree(stage, {
    name: 'quarterly-notes',
    host: contoso,
    owners: [{ environment: fabrikam, dataset: 'notes' }],
    summarizer: await pushArchive(contoso, archive, 'summarizer'),
    modelDirectory: null,
    limits: LIMITS,
    kubernetes,
  });
  return { emulator, stage, deal, stop: () => emulator.stop() };
}
