// Looks around in a container of the local Azure. Azure's own groups have no such way in: their policy lists no process.

import { resolve } from 'node:path';

import { CleanroomError } from '../../lib/base/errors.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface ExecResult {
  readonly exitCode: number;
}

export default class EmulatorExec extends BaseCommand<typeof EmulatorExec, ExecResult> {
  static override summary = 'Run a command in a container of the local Azure.';
  static override description =
    'It runs in the namespaces of the container, as its user, on its files: only programs of the image can run. Its exit code is that of the command. A room in Azure refuses this, because its policy lists no further process.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes summarizer -- node -p process.version',
    '<%= config.bin %> <%= command.id %> quarterly-notes skr -- node -p "require(\'os\').hostname()"',
  ];
  static override strict = false;
  static override args = {
    group: Args.string({ description: 'name of the container group', required: true }),
    container: Args.string({ description: 'name of the container', required: true }),
  };
  static override flags = {
    dir: Flags.string({
      description: 'state directory; default: that of the running emulator',
      helpValue: 'DIR',
    }),
  };

  protected async execute(): Promise<Outcome<ExecResult>> {
    const { defaultEmulatorDirectory, findRunningEmulator } =
      await import('../../lib/parties/emulator-directory.js');
    const { findLocalContainer } = await import('../../lib/emulator/local-container.js');
    const { runInContainer } = await import('../../lib/emulator/room-host/namespaces/run-in-container.js');
    const { dataDir } = this.config;
    const directory =
      this.flags.dir === undefined
        ? ((await findRunningEmulator(dataDir)) ?? defaultEmulatorDirectory(dataDir))
        : resolve(this.flags.dir);
    const command = this.operands.slice(2);
    if (command.length === 0) throw new CleanroomError('USAGE', 'the command to run is missing');
    const { group, container } = this.args;
    const pid = await findLocalContainer(directory, group, container);
    /* With --json, stdout is the envelope's alone. */
    const exitCode = await runInContainer(pid, command, this.jsonEnabled() ? process.stderr.fd : 'inherit');
    return { result: { exitCode }, exitCode };
  }
}
