// Starts the local Azure.

import { once } from 'node:events';
import { resolve } from 'node:path';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import {
  defaultEmulatorDirectory,
  rememberRunningEmulator,
  runningProcess,
} from '../../lib/parties/emulator-directory.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { EmulatorStatus } from '../../lib/emulator/describe-emulator.js';
import { CleanroomError } from '../../lib/base/errors.js';

type Result = EmulatorStatus & { readonly started: boolean };

export default class EmulatorStart extends BaseCommand<typeof EmulatorStart, Result> {
  static override summary = 'Start the local Azure.';
  static override description =
    'Starts every service that the flow needs, on loopback, with its state in one directory. Ports are kept. Returns when all services answer. If it already runs, it reports that and changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dir ./azure --party contoso --party fabrikam --party tailspin',
  ];
  static override flags = {
    dir: Flags.string({
      description: "state directory; default: in the user's data directory",
      helpValue: 'DIR',
    }),
    party: Flags.string({
      description: 'party to add; the first one ever added hosts the rooms',
      multiple: true,
      helpValue: 'NAME',
    }),
    'strict-tenants': Flags.boolean({
      description: 'refuse logins of other tenants at every service, as Azure does',
      default: false,
    }),
    rooms: Flags.option({
      description:
        'isolation of rooms: Linux namespaces, or processes of this machine; default: namespaces where possible',
      options: ['namespaces', 'processes'] as const,
    })(),
    foreground: Flags.boolean({ description: 'stay in the foreground until interrupted' }),
  };

  protected async execute(): Promise<Outcome<Result>> {
    const directory = resolve(this.flags.dir ?? defaultEmulatorDirectory(this.config.dataDir));
    const running = await runningProcess(directory);
    const started = running === null;
    if (started) await (this.flags.foreground ? this.runHere(directory) : this.startDetached(directory));
    else await rememberRunningEmulator(this.config.dataDir, directory);
    const { readPublishedStatus, renderStatus } = await import('../../lib/emulator/describe-emulator.js');
    const holder = await runningProcess(directory);
    const status = {
      running: holder !== null,
      directory,
      pid: holder?.pid ?? null,
      ...(await readPublishedStatus(directory)),
    };
    return { result: { ...status, started }, text: renderStatus(status) };
  }

  private async startDetached(directory: string): Promise<void> {
    const { startDetached } = await import('../../lib/emulator/detached.js');
    const progress = await this.progress();
    progress.phase('starting the local Azure');
    const { signal } = this;
    await startDetached({
      directory,
      parties: this.flags.party ?? [],
      strictTenants: this.flags['strict-tenants'],
      rooms: this.flags.rooms ?? null,
      packageRoot: this.config.root,
      signal,
    });
  }

  /** Serves until the first signal. */
  private async runHere(directory: string): Promise<void> {
    const { reportStart } = await import('../../lib/emulator/detached.js');
    const { startEmulator } = await import('../../lib/emulator/emulator.js');
    const parties = this.flags.party ?? [];
    try {
      const emulator = await startEmulator({
        directory,
        ...(parties.length === 0 ? {} : { parties }),
        strictTenants: this.flags['strict-tenants'],
        rooms: this.flags.rooms ?? 'auto',
        log: (line) => process.stderr.write(`${line}\n`),
      });
      await rememberRunningEmulator(this.config.dataDir, directory);
      reportStart({ ready: true });
      process.stderr.write(`the local Azure is ready on ${directory}\n`);
      if (!this.signal.aborted) await once(this.signal, 'abort');
      await emulator.stop();
    } catch (cause) {
      if (cause instanceof CleanroomError)
        reportStart({ failed: { code: cause.code, message: cause.message, hint: cause.hint } });
      throw cause;
    }
  }
}
