import { Args, Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';

interface LogsResult {
  readonly room: string;
  readonly container: string;
  readonly content: string;
}

export default class Logs extends BaseCommand<typeof Logs, LogsResult> {
  static override summary = "Show what a room's container wrote.";
  static override description =
    'A room whose contract says stdio: false writes nothing that the host can read: then there are no logs, and that is the point.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes',
    '<%= config.bin %> <%= command.id %> quarterly-notes --container skr --tail 50',
  ];
  static override args = { room: Args.string({ description: 'room; the only one if absent' }) };
  static override flags = {
    container: Flags.string({ description: 'container', default: 'summarizer' }),
    tail: Flags.integer({ description: 'last lines only', min: 1 }),
  };

  protected async execute(): Promise<Outcome<LogsResult>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { openRooms, findRoom } = await import('../lib/cli/rooms.js');
    const { escapeTerminal } = await import('../lib/cli/escape-terminal.js');
    const rooms = await openRooms(await openEnvironment(this.environmentSearch));
    const room = await findRoom(rooms, this.args.room);
    const content = await rooms.logs(room.name, this.flags.container, this.flags.tail ?? null);
    if (content === '') {
      this.warn(
        `container ${this.flags.container} has no logs: where the CCE policy denies stdio, nothing that it writes leaves the room`,
      );
    }
    return {
      result: { room: room.name, container: this.flags.container, content },
      text: escapeTerminal(content),
    };
  }
}
