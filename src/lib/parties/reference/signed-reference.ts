// A table of reference values as its maker signs it: a compact JWS by the release key.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseCompactJws, type ParsedJws } from '../../base/bytes/compact-jws.js';
import { verifyEs256 } from '../../keys/es256.js';
import { CleanroomError } from '../../base/errors.js';
import { parseReferenceTable, type ReferenceTable } from '../../contract/published/reference-table.js';
import { REFERENCE_TYPE } from '../../contract/published/release-key.js';
import type { PublicKeyJwk } from '../../contract/schema.js';

/**
 * The table in a file: null for one that is not a JWS, and that nobody signed therefore.
 *
 * @throws CleanroomError REFERENCE_UNSIGNED where there is a signature that is not the release key's, REFERENCE_INVALID
 */
export function readSignedReference(text: string, releaseKey: PublicKeyJwk | null): ReferenceTable | null {
  const jws = parseCompactJws(text.trim());
  if (jws === null) return null;
  if (releaseKey === null)
    throw new CleanroomError(
      'REFERENCE_UNSIGNED',
      'the table is signed, and this version has no release key to check it with',
      {
        hint: 'Install the version that contains the table: while there is no release key, tables change with the package only.',
      },
    );
  if (!isSignedBy(jws, createPublicKey({ key: releaseKey, format: 'jwk' })))
    throw new CleanroomError(
      'REFERENCE_UNSIGNED',
      'the table is not signed by the release key of this version',
    );
  return parseReferenceTable(decodeUtf8(jws.payload) ?? '');
}

function isSignedBy(jws: ParsedJws, key: KeyObject): boolean {
  return jws.header['typ'] === REFERENCE_TYPE && verifyEs256(jws, key);
}
