// Two parties that have agreed on a contract, in front of a local Azure of their own; nothing is sealed or deployed yet.
// The room's image is a program that does nothing: for tests of what Fabrikam does with keys and blobs.

import { join, resolve } from 'node:path';

import { agree, type Agreement } from '../../src/lib/demo/agree.js';
import { openWorkspace, type Workspace } from '../../src/lib/demo/workspace.js';
import {
  type Person,
  personAt,
  type ProcessOptions,
  type ProcessRun,
  runProcess,
} from './cleanroom-process.js';
import { pushProgram, startTestEmulator } from './local-azure.js';

export interface AgreedParties {
  readonly workspace: Workspace;
  readonly agreement: Agreement;
  /** Commands as Fabrikam, in its directory, with its profile. */
  readonly fabrikam: Person;
  readonly contoso: Person;
  /** A Fabrikam command with stdin or a look at its process. */
  run(argv: readonly string[], options?: Partial<ProcessOptions>): Promise<ProcessRun>;
  stop(): Promise<void>;
}

const SILENT = { phase: () => undefined, advance: () => undefined, done: () => undefined };

export async function startAgreedParties(root: string): Promise<AgreedParties> {
  const emulator = await startTestEmulator(join(root, 'emulator'));
  const workspace = await openWorkspace(root, emulator, {
    cacheDirectory: join(root, 'cache'),
    progress: SILENT,
    signal: new AbortController().signal,
  });
  const image = await pushProgram(emulator, 'summarizer', 'process.exit(0)');
  const agreement = await agree(workspace, {
    name: 'quarterly-notes',
    dataset: 'notes',
    summarizer: image.reference,
    modelDirectory: resolve('models/t5-demo'),
    limits: { maxTokens: 32, maxShareOfSource: 0.3, maxVerbatimTokens: 8, minDocuments: 1, maxResults: 1 },
  });
  const environmentOf = (name: string) => ({
    HOME: join(root, 'home'),
    CLEANROOM_EMULATOR_DIR: emulator.directory,
    CLEANROOM_PROFILE: name,
  });
  const { directory } = workspace.fabrikam;
  return {
    workspace,
    agreement,
    fabrikam: personAt(directory, environmentOf('fabrikam')),
    contoso: personAt(workspace.contoso.directory, environmentOf('contoso')),
    run: (argv, options = {}) =>
      runProcess(argv, {
        cwd: directory,
        ...options,
        env: { ...environmentOf('fabrikam'), ...options.env },
      }),
    stop: () => emulator.stop(),
  };
}
