// Two parties that have agreed on a contract, in front of a local Azure of their own; nothing is sealed or deployed yet.
// The room's image is a program that does nothing: for tests of what Fabrikam does with keys and blobs.

import { join, resolve } from 'node:path';

import type { Environment } from '../../src/lib/ports/environment.js';
import type { EmulatorOptions } from '../../src/lib/emulator/emulator.js';
import { SILENT } from '../../src/lib/base/progress.js';
import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { type CommandRun, runCleanroomIn, type Surroundings } from './run-command.js';
import { type Person, personAt } from './person.js';
import { EXAMPLE_LIMITS } from './contract.js';
import { ownerWith, pushProgram, startTestEmulator } from './local-azure.js';

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
  const image = await pushProgram(emulator, 'summarizer', 'process.exit(0)', [], 'models/t5-demo');
  const agreement = await agree(stage, {
    name: 'quarterly-notes',
    host: workspace.contoso,
    owners: [{ environment: workspace.fabrikam, dataset: 'notes' }],
    summarizer: image.reference,
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
