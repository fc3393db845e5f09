// The seal statements among what came along: those that the owner of the dataset they name has signed, over this contract.

import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { parseCompactJws } from '../base/bytes/compact-jws.js';
import type { ParsedContract } from '../contract/check.js';
import {
  MAX_STATEMENT_BYTES,
  readSealStatement,
  SEAL_STATEMENT_TYPE,
  type SealStatement,
} from '../contract/seal-statement-form.js';
import { isSignedBy } from './consents.js';

/**
 * Reads statements; one that is not the owner's, or about another contract, counts for nothing.
 *
 * @param brought - JWS compact form each
 * @param contract - the one that counts: it says who owns which dataset, and by which key
 */
export async function readOwnerSeals(
  brought: readonly string[],
  { contract, digest }: ParsedContract,
  crypto: SignatureCrypto,
): Promise<readonly SealStatement[]> {
  const found: SealStatement[] = [];
  for (const text of new Set(brought)) {
    const jws = text.length > MAX_STATEMENT_BYTES ? null : parseCompactJws(text);
    if (jws?.header['typ'] !== SEAL_STATEMENT_TYPE) continue;
    const statement = readSealStatement(jws.payload);
    if (typeof statement === 'string' || statement.contract !== digest) continue;
    const owner = contract.datasets.find(({ id }) => id === statement.dataset)?.owner;
    const party = contract.parties.find(({ id }) => id === owner);
    if (party !== undefined && (await isSignedBy(jws, party.contractKey, crypto))) found.push(statement);
  }
  return found;
}
