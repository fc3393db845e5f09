// What the room's page and API may show. The server sees the room through this, so it cannot reach text or keys.

import type { Sha256Hex } from '../base/bytes/digest.js';
import type { Contract } from '../contract/schema.js';
import type { Receipt } from '../evidence/receipt.js';
import type { RoomStatus } from './room-status.js';

export interface RoomView {
  readonly contract: Contract;
  readonly contractDigest: Sha256Hex;
  readonly policyHash: Sha256Hex;
  status(): RoomStatus;
  /** The receipt's JWS and content; null before there is one. */
  receipt(): { readonly jws: string; readonly receipt: Receipt } | null;
  /** The sealed result, JWE as JSON text; null before there is one. */
  sealedResult(): string | null;
  /** Summaries in clear; null unless the contract's delivery is `page` and they were released. */
  summaries(): readonly string[] | null;
  /** Fresh evidence over the caller's nonce, as JSON text. @throws CleanroomError where the sidecar gives none */
  evidence(nonce: string): Promise<string>;
}
