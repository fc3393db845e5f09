// Which principal a token of our own login is for.

import * as v from 'valibot';

import { parseStrictJson } from '../base/bytes/strict-json.js';

const TokenClaims = v.looseObject({ oid: v.string() });

/** Object id in an access token; for a comparison, nothing is trusted because of it. Empty where it says none. */
export function principalOf(token: string): string {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return v.parse(TokenClaims, parseStrictJson(claims)).oid;
  } catch {
    return '';
  }
}
