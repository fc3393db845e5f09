// What evidence is held against: the verifier's own, never the evidence's (DESIGN §5).

import type { Anchors } from '../attestation/anchors.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import type { Expectations } from '../attestation/expectations.js';
import type { ServiceKey } from '../attestation/maa/key-set.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { SealedBlobKeys } from './receipt-keys.js';

/** Everything that a verification needs besides the evidence. */
export interface VerificationPlan {
  readonly anchors: Anchors;
  readonly expectations: Expectations;
  readonly contract?: Sha256Hex;
  /** Null where the verifier gave no key set. */
  readonly tokenKeys: readonly ServiceKey[] | null;
  /** Headers of sealed blobs that receipts are held against. */
  readonly sealed?: readonly SealedBlobKeys[];
  readonly crls: readonly Uint8Array[];
  readonly required: readonly string[];
  readonly emulatedAllowed: boolean;
  readonly crypto: SignatureCrypto;
}
