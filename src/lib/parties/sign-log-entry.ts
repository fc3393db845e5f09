// Entries of a transparency log as signed statements: by the contract key of whoever puts them in.

import type { KeyObject } from 'node:crypto';

import { signatureInput } from '../attestation/uvm/cose-sign1.js';
import { utf8 } from '../base/bytes/arrays.js';
import { closeStatement, openStatement, readStatement, type Stated } from '../evidence/signed-statement.js';
import type { LogEntry } from '../evidence/transparency-log.js';
import { type ContractSigner, publicKeyObject, signingKeyOf } from '../keys/contract-signer.js';
import { isEs256Signature, signBytesBy } from '../keys/es256.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';

/* Azure Container Instances takes no longer one. */
const MAX_POLICY_BYTES = 120 * 1024;

/**
 * The entry with its statement.
 *
 * @param policy - the text of a policy, which its statement then holds; it holds the digest without one, and of one that no
 *   container group takes, since a proof has to carry it.
 */
export async function signLogEntry(
  stated: Stated,
  signer: ContractSigner,
  policy?: string,
): Promise<LogEntry> {
  const text = policy === undefined ? undefined : utf8(policy);
  const bytes = text !== undefined && text.length <= MAX_POLICY_BYTES ? text : undefined;
  const open = openStatement(stated, keyThumbprint(publicKeyObject(signer.publicKey)), bytes);
  const signature = await signBytesBy(open.toBeSigned, signingKeyOf(signer));
  return { ...stated, statement: closeStatement(open, signature) };
}

/** Whether one of `keys` signed the statement of an entry; an entry without one nobody signed. */
export function isEntrySignedBy({ statement, ...stated }: LogEntry, keys: readonly KeyObject[]): boolean {
  const read = statement === undefined ? null : readStatement(statement, stated);
  const key = keys.find((one) => keyThumbprint(one) === read?.thumbprint);
  return (
    read !== null &&
    key !== undefined &&
    isEs256Signature(signatureInput(read.message), read.message.signature, key)
  );
}
