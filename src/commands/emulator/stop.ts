// Ends the local Azure.

import { resolve } from 'node:path';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import {
  defaultEmulatorDirectory,
  findRunningEmulator,
  runningProcess,
} from '../../lib/parties/emulator-directory.js';
import { Flags } from '../../lib/cli/oclif.js';
import { CleanroomError } from '../../lib/base/errors.js';

interface Result {
  readonly directory: string;
  readonly pid: number;
}

export default class EmulatorStop extends BaseCommand<typeof EmulatorStop, Result> {
  static override summary = 'Stop the local Azure.';
  static override description =
    'Stops its services and rooms, and returns when all state is on disk. The state directory stays: start it again to continue.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dir ./azure',
  ];
  static override flags = {
    dir: Flags.string({
      description: 'state directory; default: that of the running emulator',
      helpValue: 'DIR',
    }),
  };

  protected async execute(): Promise<Outcome<Result>> {
    const { dataDir } = this.config;
    const directory =
      this.flags.dir === undefined
        ? ((await findRunningEmulator(dataDir)) ?? defaultEmulatorDirectory(dataDir))
        : resolve(this.flags.dir);
    const holder = await runningProcess(directory);
    if (holder === null)
      throw new CleanroomError('EMULATOR_NOT_RUNNING', `no emulator is running on ${directory}`);
    const { stopDetached } = await import('../../lib/emulator/detached.js');
    await stopDetached(holder);
    return { result: { directory, pid: holder.pid }, text: `stopped; its state stays in ${directory}` };
  }
}
