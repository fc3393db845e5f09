import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { RoomState } from '../lib/ports/ports.js';

interface ListResult {
  readonly rooms: readonly RoomState[];
}

export default class List extends BaseCommand<typeof List, ListResult> {
  static override summary = 'List the rooms of the resource group.';
  static override description = 'Container groups that cleanroom did not create are listed too, and marked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  protected async execute(): Promise<Outcome<ListResult>> {
    const { afterNotice, noticeOf } = await import('../lib/parties/rooms.js');
    const { renderList } = await import('../lib/cli/render-room.js');
    const rooms = await (await (await this.desk.open()).services.rooms()).list();
    const notice = noticeOf(rooms.filter(({ confidential }) => !confidential));
    if (notice !== null) this.warn(notice);
    return { result: { rooms }, text: afterNotice(notice, renderList(rooms)) };
  }
}
