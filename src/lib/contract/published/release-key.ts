// The key that signs tables of reference values between releases.

import type { PublicKeyJwk } from '../schema.js';

/** Null: no release was signed yet, and the table changes with the package only. */
export const RELEASE_KEY: PublicKeyJwk | null = null;

/** `typ` of a signed table: a compact JWS (RFC 7515), ES256, whose payload is the table's text. */
export const REFERENCE_TYPE = 'cleanroom-reference+jws';
