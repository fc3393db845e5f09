import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { fullFlag } from '../lib/cli/flags.js';
import type { ShownRoom } from '../lib/parties/shown-room.js';

interface ListResult {
  readonly rooms: readonly ShownRoom[];
}

export default class List extends BaseCommand<typeof List, ListResult> {
  static override summary = 'List the rooms of the resource group.';
  static override description = 'Container groups that cleanroom did not create are listed too, and marked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = { full: fullFlag };

  protected async execute(): Promise<Outcome<ListResult>> {
    const { afterNotice, noticeOf } = await import('../lib/parties/rooms.js');
    const { renderList } = await import('../lib/cli/render-room.js');
    const rooms = await (await (await this.desk.open()).services.rooms()).list();
    const notice = noticeOf(rooms.filter(({ confidential }) => !confidential));
    if (notice !== null) this.warn(notice);
    const { shownRoom } = await import('../lib/parties/shown-room.js');
    const shown = rooms.map((room) => shownRoom(room, { full: this.flags.full }));
    return { result: { rooms: shown }, text: afterNotice(notice, renderList(rooms)) };
  }
}
