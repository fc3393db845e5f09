// A group's own network: the local Azure's services, the metadata service and the group's ports, and nothing else.

import type { GroupSpec } from './group-spec.js';
import { type GroupNetwork, openGroupNetwork, type SocketAddress } from './namespaces/group-network.js';
import { roomUser } from './namespaces/room-user.js';
import type { RoomPlaces } from './room-places.js';
import { writeShownFile } from './shown-files.js';

/* The instance metadata service, at the address that every cloud guest knows. */
const METADATA: SocketAddress = { host: '169.254.169.254', port: 80 };

/** Opens the network of a group, and writes the two files by which its programs resolve names. */
export async function openRoomNetwork(
  { ports }: GroupSpec,
  { address, runtime }: RoomPlaces,
  services: readonly SocketAddress[],
  metadataPort: number,
): Promise<GroupNetwork> {
  const network = await openGroupNetwork(roomUser());
  try {
    for (const service of services) await network.serve(service, service);
    await network.serve(METADATA, { host: address, port: metadataPort });
    network.expose(address, ports);
    await writeShownFile(runtime('hosts'), '127.0.0.1\tlocalhost\n');
    await writeShownFile(runtime('resolv.conf'), '');
    return network;
  } catch (cause) {
    await network.close();
    throw cause;
  }
}
