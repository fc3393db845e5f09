// What signatures, chains and times are judged by: the verifier's own, never the evidence's.

import type { Anchors, UvmAnchor } from './anchors.js';
import type { LedgerRow } from '../contract/published/reference-table.js';
import type { SignatureCrypto } from './crypto/signature-crypto.js';

export interface VerificationContext {
  readonly anchors: Anchors;
  readonly crypto: SignatureCrypto;
  /** Revocation lists that the verifier brings, DER. */
  readonly crls: readonly Uint8Array[];
  /** The time at which certificates are judged. */
  readonly at: Date;
  readonly uvmTime: 'signing-time' | 'now';
  /** The UVM signer that is trusted: the anchors' own, or the verifier's choice. */
  readonly uvm: UvmAnchor;
  /** Keys of transparency ledgers. */
  readonly ledgers: readonly LedgerRow[];
}
