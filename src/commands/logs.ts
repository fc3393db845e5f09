import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { Stdio } from '../lib/parties/stdio.js';

interface LogsResult {
  readonly room: string;
  readonly container: string;
  /** Whether the policy lets the container write to where the host reads. */
  readonly stdio: Stdio;
  readonly content: string;
}

export default class Logs extends BaseCommand<typeof Logs, LogsResult> {
  static override summary = "Show the log of a room's container.";
  static override description = 'If the contract sets stdio: false, the host cannot read the room’s log.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes',
    '<%= config.bin %> <%= command.id %> quarterly-notes --follow',
    '<%= config.bin %> <%= command.id %> quarterly-notes --container skr --tail 50 --json',
  ];
  static override args = { room: Args.string({ description: 'room; default: the only one' }) };
  static override flags = {
    container: Flags.string({ description: 'container', default: 'summarizer' }),
    tail: Flags.integer({ description: 'number of last lines', min: 1 }),
    follow: Flags.boolean({ description: 'follow the log until the container ends' }),
  };

  protected async execute(): Promise<Outcome<LogsResult>> {
    const { afterNotice, findRoom, noticeOf } = await import('../lib/parties/rooms.js');
    const { escapeTerminal } = await import('../lib/terminal/escape-terminal.js');
    const { STDIO_EXPLANATION, stdioOf } = await import('../lib/parties/stdio.js');
    const { container, tail, follow } = this.flags;
    const rooms = await (await this.desk.open()).services.rooms();
    const room = await findRoom(rooms, this.args.room);
    const notice = noticeOf([room]);
    if (notice !== null) this.warn(notice);
    const stdio = await stdioOf(room, container);
    if (stdio === 'denied') this.warn(`container ${container}: ${STDIO_EXPLANATION}`);
    const result = { room: room.name, container, stdio };
    if (!follow || stdio === 'denied') {
      const content = await rooms.logs(room.name, container, tail ?? null);
      return { result: { ...result, content }, text: afterNotice(notice, escapeTerminal(content)) };
    }
    const { followLogs } = await import('../lib/parties/follow-logs.js');
    const pieces: string[] = [];
    const write = (text: string): void => {
      if (this.jsonEnabled()) pieces.push(text);
      else process.stdout.write(escapeTerminal(text));
    };
    if (notice !== null) write(`${notice}\n`);
    await followLogs(rooms, { room: room.name, container, tail: tail ?? null, signal: this.signal, write });
    return { result: { ...result, content: pieces.join('') } };
  }
}
