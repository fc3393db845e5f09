import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { fullFlag } from '../lib/cli/flags.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { RoomReport } from '../lib/parties/room-status.js';
import type { ShownRoom } from '../lib/parties/shown-room.js';

interface OneStatus {
  readonly room: ShownRoom;
  /** What the room says of itself, unattested; null where it does not answer. */
  readonly report: RoomReport | null;
}

interface StatusResult {
  /** All rooms of the deployment. */
  readonly rooms: readonly OneStatus[];
  /** The first of them. */
  readonly room: ShownRoom | null;
  readonly report: RoomReport | null;
}

export default class Status extends BaseCommand<typeof Status, StatusResult> {
  static override summary = "Show a room's containers, events and progress.";
  static override description =
    "The room's own report is not attested here. Use attest and verify before you rely on a room.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> quarterly-notes --json',
    '<%= config.bin %> <%= command.id %> --watch',
  ];
  static override args = { room: Args.string({ description: 'room or deployment; default: the only one' }) };
  static override flags = {
    full: fullFlag,
    watch: Flags.boolean({ description: 'show changes until every room is done or cannot go on' }),
  };

  protected async execute(): Promise<Outcome<StatusResult>> {
    const { afterNotice, findRoomsOf, noticeOf } = await import('../lib/parties/rooms.js');
    const { renderRoom } = await import('../lib/cli/render-room.js');
    const { fetchRoomReport, renderRoomReport } = await import('../lib/parties/room-status.js');
    const { shownRoom } = await import('../lib/parties/shown-room.js');
    const environment = await this.desk.open();
    if (this.flags.watch) {
      const { watchRooms } = await import('../lib/parties/watch-rooms.js');
      await watchRooms(environment, this.args.room, { progress: await this.progress(), signal: this.signal });
    }
    const found = await findRoomsOf(environment, this.args.room);
    const notice = noticeOf(found);
    if (notice !== null) this.warn(notice);
    const seen = await Promise.all(
      found.map(async (room) => ({ room, report: await fetchRoomReport(room) })),
    );
    const texts = seen.map(({ room, report }) => `${renderRoom(room)}\n\n${renderRoomReport(report)}`);
    const { full } = this.flags;
    const rooms = seen.map(({ room, report }): OneStatus => ({ room: shownRoom(room, { full }), report }));
    const [first] = rooms;
    return {
      result: { rooms, room: first?.room ?? null, report: first?.report ?? null },
      text: afterNotice(notice, texts.join('\n\n')),
    };
  }
}
