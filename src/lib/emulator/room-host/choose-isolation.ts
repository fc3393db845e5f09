// What rooms get on this machine, as it was asked for.

import { CleanroomError } from '../../base/errors.js';
import type { ImageLayout } from './images.js';
import { probeIsolation, type RoomIsolation, type RoomsOption } from './namespaces/probe.js';
import { roomUser } from './namespaces/room-user.js';

/** @throws CleanroomError ROOM_NEEDS_NAMESPACES where namespaces are demanded and this machine has none */
export async function chooseIsolation(wanted: RoomsOption): Promise<RoomIsolation> {
  if (wanted === 'processes') return { kind: 'processes', why: 'it was started with --rooms processes' };
  const isolation = await probeIsolation();
  if (isolation.kind === 'namespaces' || wanted === 'auto') return isolation;
  throw new CleanroomError(
    'ROOM_NEEDS_NAMESPACES',
    `this machine gives rooms no namespaces: ${isolation.why}`,
  );
}

/** How images are laid out for it. */
export function layoutFor({ kind }: RoomIsolation): ImageLayout {
  return kind === 'namespaces' ? { owner: roomUser(), links: 'kept' } : { owner: null, links: 'inside' };
}
