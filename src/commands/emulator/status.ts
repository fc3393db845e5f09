// Says whether the local Azure runs, and where.

import { resolve } from 'node:path';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import {
  defaultEmulatorDirectory,
  findRunningEmulator,
  runningProcess,
} from '../../lib/parties/emulator-directory.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { EmulatorStatus } from '../../lib/emulator/describe-emulator.js';
import { EXIT } from '../../lib/base/error-codes.js';

export default class EmulatorStatusCommand extends BaseCommand<typeof EmulatorStatusCommand, EmulatorStatus> {
  static override summary = 'Show whether the local Azure runs and where its services are.';
  static override description = 'Exit 0: it runs. Exit 6: it does not.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dir ./azure --json',
  ];
  static override flags = {
    dir: Flags.string({
      description: 'state directory; default: that of the running emulator',
      helpValue: 'DIR',
    }),
  };

  protected async execute(): Promise<Outcome<EmulatorStatus>> {
    const { dataDir } = this.config;
    const directory =
      this.flags.dir === undefined
        ? ((await findRunningEmulator(dataDir)) ?? defaultEmulatorDirectory(dataDir))
        : resolve(this.flags.dir);
    const { readPublishedStatus, renderStatus } = await import('../../lib/emulator/describe-emulator.js');
    const holder = await runningProcess(directory);
    const published =
      holder === null ? { endpoints: null, parties: [], rooms: null } : await readPublishedStatus(directory);
    const status = { running: holder !== null, directory, pid: holder?.pid ?? null, ...published };
    return {
      result: status,
      text: renderStatus(status),
      exitCode: status.running ? EXIT.ok : EXIT.service,
    };
  }
}
