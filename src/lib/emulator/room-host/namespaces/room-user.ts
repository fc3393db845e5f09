// As whom rooms run on this machine: the user who started the emulator, or for root a user that owns nothing else.

/** Far above the users of a machine and their subordinate ranges' usual starts; it has no name and no files but the rooms'. */
const ROOM_USER_OF_ROOT = 1_065_532;

export interface RoomUser {
  readonly uid: number;
  readonly gid: number;
}

/** Null: this process's own user; a command needs no change of user then. */
export function roomUser(): RoomUser | null {
  return process.getuid?.() === 0 ? { uid: ROOM_USER_OF_ROOT, gid: ROOM_USER_OF_ROOT } : null;
}

/** Arguments that run a command as the rooms' user. */
export function asRoomUser(user: RoomUser | null): readonly string[] {
  return user === null
    ? []
    : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
}
