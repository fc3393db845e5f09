import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args } from '../lib/cli/oclif.js';

interface RestartResult {
  readonly rooms: readonly string[];
}

export default class Restart extends BaseCommand<typeof Restart, RestartResult> {
  static override summary = 'Restart a room, which attests again.';
  static override description =
    'The name of a deployment of several rooms restarts all of them, one after the other.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> quarterly-notes',
  ];
  static override args = { room: Args.string({ description: 'room or deployment; default: the only one' }) };

  protected async execute(): Promise<Outcome<RestartResult>> {
    const { afterNotice, findRooms, noticeOf, requireOurs } = await import('../lib/parties/rooms.js');
    const operator = await (await this.desk.open()).services.rooms();
    const found = await findRooms(operator, this.args.room);
    requireOurs(found);
    const notice = noticeOf(found);
    if (notice !== null) this.warn(notice);
    const progress = await this.progress();
    for (const { name } of found) {
      progress.phase(`restarting ${name}`);
      await operator.restart(name, this.signal);
    }
    const rooms = found.map(({ name }) => name);
    return { result: { rooms }, text: afterNotice(notice, `restarted ${rooms.join(', ')}`) };
  }
}
