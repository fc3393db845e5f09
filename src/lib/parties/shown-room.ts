// A room in the JSON of a command: its policy by hash, since the text has tens of thousands of characters.

import { decodePolicy, policyHash } from '../cce-policy/read/policy-file.js';
import type { RoomState } from '../ports/ports.js';

export interface ShownRoom extends Omit<RoomState, 'ccePolicy'> {
  /** SHA-256 of the policy that the platform was given, hex; null: it was given none, or what it was given is no policy. */
  readonly policyHash: string | null;
  /** In base64, as the platform was given it. Only with `--full`. */
  readonly ccePolicy?: string | null;
}

export function shownRoom(
  { ccePolicy, ...room }: RoomState,
  { full }: { readonly full: boolean },
): ShownRoom {
  const text = ccePolicy === null ? null : decodePolicy(ccePolicy);
  return { ...room, policyHash: text === null ? null : policyHash(text), ...(full ? { ccePolicy } : {}) };
}

/** As it is without `--full`. */
export function briefRoom(room: RoomState): ShownRoom {
  return shownRoom(room, { full: false });
}
