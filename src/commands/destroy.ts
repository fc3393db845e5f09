import { Args } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { yesFlag } from '../lib/cli/flags.js';
import { CleanroomError } from '../lib/errors.js';
import { CONTRACT_TAG } from '../lib/workflows/container-group.js';

interface DestroyResult {
  readonly room: string;
  readonly removed: boolean;
}

export default class Destroy extends BaseCommand<typeof Destroy, DestroyResult> {
  static override summary = 'Remove a room that cleanroom made. Keys, blobs and results stay.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes',
    '<%= config.bin %> <%= command.id %> quarterly-notes --yes',
  ];
  static override args = { room: Args.string({ description: 'room', required: true }) };
  static override flags = { yes: yesFlag };

  protected async execute(): Promise<Outcome<DestroyResult>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { openRooms, findRoom } = await import('../lib/cli/rooms.js');
    const rooms = await openRooms(await openEnvironment(this.environmentSearch));
    const room = await findRoom(rooms, this.args.room);
    if (room.tags[CONTRACT_TAG] === undefined) {
      throw new CleanroomError('ROOM_NOT_OURS', `the container group ${room.name} was not made by cleanroom`);
    }
    if (!(await this.confirmed(room.name)))
      return { result: { room: room.name, removed: false }, text: 'nothing was removed' };
    (await this.progress()).phase(`removing ${room.name}`);
    const removed = await rooms.remove(room.name, this.signal);
    return { result: { room: room.name, removed }, text: `removed ${room.name}` };
  }

  private async confirmed(name: string): Promise<boolean> {
    if (!this.interactive) {
      if (this.flags.yes) return true;
      throw new CleanroomError(
        'CONFIRMATION_NEEDED',
        `removing ${name} needs --yes where nobody can be asked`,
      );
    }
    const { default: inquirer } = await import('inquirer');
    const { sure } = await inquirer.prompt<{ sure: boolean }>([
      { type: 'confirm', name: 'sure', message: `Remove the room ${name}?`, default: false },
    ]);
    return sure;
  }
}
