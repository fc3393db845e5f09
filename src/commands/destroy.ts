import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { yesFlag } from '../lib/cli/flags.js';
import { Args } from '../lib/cli/oclif.js';

interface DestroyResult {
  readonly rooms: readonly string[];
  readonly removed: boolean;
}

export default class Destroy extends BaseCommand<typeof Destroy, DestroyResult> {
  static override summary = 'Delete a room. Keys, blobs and results stay.';
  static override description =
    'The name of a deployment of several rooms deletes all of them. Container groups that cleanroom did not create are refused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes',
    '<%= config.bin %> <%= command.id %> quarterly-notes --yes',
  ];
  static override args = { room: Args.string({ description: 'room or deployment', required: true }) };
  static override flags = { yes: yesFlag };

  protected async execute(): Promise<Outcome<DestroyResult>> {
    const { confirm } = await import('../lib/terminal/confirm.js');
    const { afterNotice, findRooms, noticeOf, requireOurs, requireWhole } =
      await import('../lib/parties/rooms.js');
    const operator = await (await this.desk.open()).services.rooms();
    const found = await findRooms(operator, this.args.room);
    requireOurs(found);
    requireWhole(found);
    const notice = noticeOf(found);
    if (notice !== null) this.warn(notice);
    const rooms = found.map(({ name }) => name);
    const what = rooms.join(', ');
    const sure = await confirm({
      interactive: this.interactive,
      yes: this.flags.yes,
      question: `Remove ${what}? Keys, blobs and results stay.`,
      otherwise: `removing ${what} needs --yes if no one can be asked`,
    });
    const result = { rooms, removed: sure };
    if (!sure) return { result, text: afterNotice(notice, 'nothing was removed') };
    const progress = await this.progress();
    for (const name of rooms) {
      progress.phase(`removing ${name}`);
      await operator.remove(name, this.signal);
    }
    return { result, text: afterNotice(notice, `removed ${what}`) };
  }
}
