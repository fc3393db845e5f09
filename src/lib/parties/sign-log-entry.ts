// Entries of a transparency log as signed statements: by the contract key of whoever puts them in.

import type { KeyObject } from 'node:crypto';

import { signatureInput } from '../attestation/uvm/cose-sign1.js';
import { closeStatement, openStatement, readStatement, type Stated } from '../evidence/signed-statement.js';
import type { LogEntry } from '../evidence/transparency-log.js';
import { type ContractSigner, publicKeyObject, signingKeyOf } from '../keys/contract-signer.js';
import { isEs256Signature, signBytesBy } from '../keys/es256.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';

/** The entry with its statement. */
export async function signLogEntry(stated: Stated, signer: ContractSigner): Promise<LogEntry> {
  const open = openStatement(stated, keyThumbprint(publicKeyObject(signer.publicKey)));
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
