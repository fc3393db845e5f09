// The room's service as a command: what the container's entry point runs, for looking at it outside a container.

import { join } from 'node:path';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';

export interface SummarizerRun {
  /** How the container's process would have ended; docs/reference/room-api.md lists the numbers. */
  readonly exitCode: number;
}

export default class SummarizerCommand extends BaseCommand<typeof SummarizerCommand, SummarizerRun> {
  static override hidden = true;
  static override summary = 'Run the in-container service: release, decrypt, summarize, serve page and API.';
  static override description =
    'What the container of a room runs, with the same environment (CLEANROOM_CONTRACT_DIGEST and the rest, set by deploy). Outside a container group it ends at once; its exit code names the reason. Log lines go to stderr; Ctrl-C stops it in good order.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'CLEANROOM_CONTRACT_DIGEST=… <%= config.bin %> <%= command.id %> --json',
  ];

  protected async execute(): Promise<Outcome<SummarizerRun>> {
    const { runRoom } = await import('../lib/room/run-room.js');
    const { readOwnEnvironment } = await import('../lib/room/own-environment.js');
    const exitCode = await runRoom({
      readEnvironment: readOwnEnvironment,
      write: (line) => void process.stderr.write(line),
      signal: this.signal,
      modelsDirectory: join(this.config.root, 'models'),
    });
    return { result: { exitCode }, exitCode };
  }
}
