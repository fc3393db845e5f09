import { Args } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';

export default class Restart extends BaseCommand<typeof Restart, { readonly room: string }> {
  static override summary = 'Restart a room; it attests again and takes no more than its contract allows.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> quarterly-notes',
  ];
  static override args = { room: Args.string({ description: 'room; the only one if absent' }) };

  protected async execute(): Promise<Outcome<{ readonly room: string }>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { openRooms, findRoom } = await import('../lib/cli/rooms.js');
    const rooms = await openRooms(await openEnvironment(this.environmentSearch));
    const { name } = await findRoom(rooms, this.args.room);
    (await this.progress()).phase(`restarting ${name}`);
    await rooms.restart(name, this.signal);
    return { result: { room: name }, text: `restarted ${name}` };
  }
}
