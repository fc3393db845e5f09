// Two parties that have agreed on a contract, in front of a local Azure of their own; nothing is sealed or deployed yet.
// The room's image is this installation's own: a program that nobody knows would be refused by every command of Fabrikam's.

import { join, resolve } from 'node:path';

import type { Environment } from '../../src/lib/ports/environment.js';
import { packSummarizer } from '../../src/lib/images/pack/pack-program.js';
import { pushArchive } from '../../src/lib/attack-kit/stage/push-image.js';
import type { EmulatorOptions } from '../../src/lib/emulator/emulator.js';
import { SILENT } from '../../src/lib/base/progress.js';
import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { type CommandRun, runCleanroomIn, type Surroundings } from './run-command.js';
import { type Person, personAt } from './person.js';
import { EXAMPLE_LIMITS } from './contract.js';
import { ownerWith, startTestEmulator } from './local-azure.js';

export interface AgreedParties {
  readonly stage: Stage;
  readonly workspace: { readonly contoso: Environment; readonly fabrikam: Environment };
  readonly agreement: Deal;
  /** Commands as Fabrikam, in its directory, with its profile. */
  readonly fabrikam: Person;
  readonly contoso: Person;
  /** Environment of Fabrikam's commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** A Fabrikam command with further variables or something on stdin. */
  run(argv: readonly string[], options?: Partial<Surroundings>): Promise<CommandRun>;
  stop(): Promise<void>;
}

export interface AgreementOptions {
  /** Fabrikam's vault: its Managed HSM if absent. */
  readonly vault?: 'vault' | 'keyVault';
  readonly emulator?: Partial<EmulatorOptions>;
}

/** This installation's summarizer, with t5-demo unless told otherwise, in the local registry. @returns its reference */
export async function packedSummarizer(
  host: Environment,
  root: string,
  modelDirectory: string | null = 'models/t5-demo',
): Promise<string> {
  const out = join(root, 'summarizer.oci.tar');
  await packSummarizer({ packageRoot: process.cwd(), out, modelDirectory });
  return pushArchive(host, out, 'summarizer');
}

export async function startAgreedParties(
  root: string,
  { vault = 'vault', emulator: options = {} }: AgreementOptions = {},
): Promise<AgreedParties> {
  const emulator = await startTestEmulator(join(root, 'emulator'), options);
  const stage: Stage = {
    emulatorDirectory: emulator.directory,
    packageRoot: process.cwd(),
    cacheDirectory: join(root, 'cache'),
    progress: SILENT,
    signal: new AbortController().signal,
  };
  const workspace = {
    contoso: await openParty(stage, 'contoso', join(root, 'contoso')),
    fabrikam: await ownerWith(stage, emulator, vault, join(root, 'fabrikam')),
  };
  const summarizer = await packedSummarizer(workspace.contoso, root);
  const agreement = await agree(stage, {
    name: 'quarterly-notes',
    host: workspace.contoso,
    owners: [{ environment: workspace.fabrikam, dataset: 'notes' }],
    summarizer,
    modelDirectory: resolve('models/t5-demo'),
    limits: { ...EXAMPLE_LIMITS, maxResults: 1 },
  });
  const variablesOf = (name: string) => ({
    HOME: join(root, 'home'),
    CLEANROOM_EMULATOR_DIR: emulator.directory,
    CLEANROOM_PROFILE: name,
  });
  const { directory } = workspace.fabrikam;
  return {
    stage,
    workspace,
    agreement,
    fabrikam: personAt(directory, variablesOf('fabrikam')),
    contoso: personAt(workspace.contoso.directory, variablesOf('contoso')),
    environment: variablesOf('fabrikam'),
    run: (argv, options = {}) =>
      runCleanroomIn(
        { cwd: directory, ...options, env: { ...variablesOf('fabrikam'), ...options.env } },
        argv,
      ),
    stop: () => emulator.stop(),
  };
}
