// The namespaces that the containers of a group share: a user, the network, IPC and the host's name.

import { asRoomUser, type RoomUser } from './room-user.js';

/*
 * /proc/net/tcp is read by a walk over the whole table of connections, which by default the group would share with the machine
 * (262,144 buckets with 24 GiB: 7 ms at each look of the holder; 0.15 ms with this). The size is set for namespaces below
 * this one, so the group's is made in another. Linux before 6.1 has no such setting, and then the machine's table stays (Linux,
 * Documentation/networking/ip-sysctl.rst, tcp_child_ehash_entries).
 */
const WITH_SMALL_TABLE = `{ echo 256 > /proc/sys/net/ipv4/tcp_child_ehash_entries; } 2>/dev/null; exec "$0" "$@"`;

/** Arguments that run a command in new ones, as root of the user namespace. */
export function inGroupNamespaces(user: RoomUser | null, command: readonly string[]): readonly string[] {
  return [
    ...asRoomUser(user),
    ...['unshare', '--user', '--map-root-user', '--net', '--ipc', '--uts'],
    ...['sh', '-c', WITH_SMALL_TABLE, 'unshare', '--net'],
    ...command,
  ];
}
