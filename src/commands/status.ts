import { Args } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { RoomReport } from '../lib/room-client/room-status.js';
import type { RoomState } from '../lib/workflows/ports.js';

interface StatusResult {
  readonly room: RoomState;
  /** What the room says of itself, unattested; null where it does not answer. */
  readonly report: RoomReport | null;
}

export default class Status extends BaseCommand<typeof Status, StatusResult> {
  static override summary = 'Show how a room is doing: containers, events, and what the room says of itself.';
  static override description =
    'What the room says here is not attested: it is a progress report. Use attest and verify before believing a room.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> quarterly-notes --json',
  ];
  static override args = { room: Args.string({ description: 'room; the only one if absent' }) };

  protected async execute(): Promise<Outcome<StatusResult>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { openRooms, findRoom } = await import('../lib/cli/rooms.js');
    const { renderRoom } = await import('../lib/cli/render-room.js');
    const { fetchRoomReport, renderRoomReport } = await import('../lib/room-client/room-status.js');
    const room = await findRoom(
      await openRooms(await openEnvironment(this.environmentSearch)),
      this.args.room,
    );
    const report = await fetchRoomReport(room);
    return { result: { room, report }, text: `${renderRoom(room)}\n\n${renderRoomReport(report)}` };
  }
}
