// A dataset that is not its owner's: sealed with the public key that everybody has, signed with whatever key is at hand.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { createBlobStore } from '../../azure/blob-store.js';
import { openKeyVault } from '../../azure/key-vault.js';
import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { freshKeyPair } from '../../keys/fresh-key.js';
import { CleanroomError } from '../../base/errors.js';
import { TEXT_MEDIA_TYPE } from '../../sealed-blob/format/header.js';
import { digestOf } from '../../sealed-blob/engine/payload-digest.js';
import { recipientKeyOf } from '../../keys/recipient-key.js';
import { sealStream } from '../../sealed-blob/engine/seal.js';
import { signSealStatement } from '../../sealed-blob/statement/sign-seal-statement.js';
import { type DataOwner, datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import { partyKeyPath, readPartyKey } from '../../parties/init-party.js';
import { statementBlob } from '../../parties/dataset-storage.js';
import { connectionOf } from '../stage/connection-of.js';

const MAX_BLOB_BYTES = 64 * 1024 * 1024;

export interface ForgedText {
  readonly text: string | Uint8Array;
  /** Key that signs the statement; a fresh one, which nobody agreed to, if absent. */
  readonly signer?: KeyObject;
  /** Whose dataset; the first owner's if absent. */
  readonly owner?: DataOwner;
}

/** As forgeDataset, by the owner itself with its own contract key: what its own toolkit would not have sealed. */
export async function forgeOwnDataset(
  deal: Deal,
  owner: DataOwner,
  text: string | Uint8Array,
): Promise<() => Promise<void>> {
  const { directory, profile } = owner.environment;
  const { privateKey } = await readPartyKey(partyKeyPath(directory, profile.party, 'contract'));
  return forgeDataset(deal, { text, signer: privateKey, owner });
}

/**
 * Puts a text in place of an owner's dataset, through somebody's write access to the owner's account.
 *
 * @returns what puts the owner's blob and statement back.
 */
export async function forgeDataset(deal: Deal, forged: ForgedText): Promise<() => Promise<void>> {
  const { text, signer, owner = firstOwner(deal) } = forged;
  const dataset = datasetOf(deal, owner);
  const connection = await connectionOf(owner.environment);
  const blobs = createBlobStore(connection);
  const statement = statementBlob(dataset.blob);
  const original = {
    blob: await blobs.read(dataset.blob, MAX_BLOB_BYTES),
    statement: await blobs.read(statement, MAX_BLOB_BYTES),
  };
  const key = await (await openKeyVault(connection, dataset.key.vault)).get(dataset.key.name, null);
  if (original.blob === null || original.statement === null || key?.publicKey == null) {
    throw new CleanroomError('BLOB_MISSING', 'there is nothing to replace yet');
  }
  const version = key.tags['version'] ?? '1';
  const labels = { contract: deal.parsed.digest, dataset: dataset.id, version };
  const { header, payload } = sealStream(oneChunk(typeof text === 'string' ? utf8(text) : text), {
    recipients: [recipientKeyOf(createPublicKey({ key: key.publicKey, format: 'jwk' }), key.id)],
    protected: { cty: TEXT_MEDIA_TYPE, ...labels },
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of payload) chunks.push(Uint8Array.from(chunk));
  const sealed = concatBytes(...chunks);
  const stated = await signSealStatement(
    { ...labels, key: key.id, header: digestOf(header.raw), payload: digestOf(sealed), iat: 0 },
    signer ?? (await freshKeyPair({ type: 'ec', curve: 'P-256' })).privateKey,
  );
  await blobs.write(dataset.blob, concatBytes(header.raw, sealed), 'replace');
  await blobs.write(statement, utf8(stated), 'replace');
  const { blob, statement: owners } = original;
  return async () => {
    await blobs.write(dataset.blob, blob.bytes, 'replace');
    await blobs.write(statement, owners.bytes, 'replace');
  };
}

/** A stream of one chunk. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
