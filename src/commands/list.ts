import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { RoomState } from '../lib/workflows/ports.js';

interface ListResult {
  readonly rooms: readonly RoomState[];
}

export default class List extends BaseCommand<typeof List, ListResult> {
  static override summary = 'List the rooms of the resource group.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  protected async execute(): Promise<Outcome<ListResult>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { openRooms } = await import('../lib/cli/rooms.js');
    const { renderTable } = await import('../lib/cli/render-room.js');
    const rooms = await (await openRooms(await openEnvironment(this.environmentSearch))).list();
    const rows = rooms.map((room) => [
      room.name,
      room.provisioningState,
      room.confidential ? 'confidential' : 'NOT CONFIDENTIAL',
    ]);
    return { result: { rooms }, text: rows.length === 0 ? 'no rooms' : renderTable(rows) };
  }
}
