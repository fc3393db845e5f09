// The keys of the attestation services that the anchors name.

import type { Anchors } from '../anchors.js';
import { parseServiceKeys, type ServiceKey } from './key-set.js';

/** Keys and issuers of the anchors' attestation services. @throws CleanroomError JWKS_INVALID */
export function serviceKeys({ attestationServices }: Anchors): {
  readonly keys: readonly ServiceKey[];
  readonly issuers: readonly string[];
} {
  return {
    keys: attestationServices.flatMap(({ jwks }) => parseServiceKeys(jwks)),
    issuers: attestationServices.map(({ issuer }) => issuer),
  };
}
