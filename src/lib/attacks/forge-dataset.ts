// A dataset that is not its owner's: sealed with the public key that everybody has, signed with a key that nobody agreed to.

import { createPublicKey } from 'node:crypto';

import { freshKeyPair } from '../bytes/fresh-key.js';
import { createBlobStore } from '../azure/blob-store.js';
import { openKeyVault } from '../azure/key-vault.js';
import { concatBytes, utf8 } from '../bytes/arrays.js';
import type { Environment } from '../cli/environment.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../errors.js';
import { TEXT_MEDIA_TYPE } from '../sealed-blob/header.js';
import { digestOf } from '../sealed-blob/payload-digest.js';
import { recipientKeyOf } from '../sealed-blob/recipient-key.js';
import { sealStream } from '../sealed-blob/seal.js';
import { signSealStatement } from '../sealed-blob/seal-statement.js';
import { statementBlob } from '../workflows/dataset-storage.js';

const MAX_BLOB_BYTES = 64 * 1024 * 1024;

export interface Forgery {
  /** Puts the owner's blob and statement back. */
  undo(): Promise<void>;
}

/** Puts `text` in place of the first dataset, through `access`: somebody's write access to the owner's account. */
export async function forgeDataset(
  access: Environment,
  parsed: ParsedContract,
  text: string,
): Promise<Forgery> {
  const [dataset] = parsed.contract.datasets;
  if (dataset === undefined) throw new CleanroomError('CONTRACT_INVALID', 'the contract has no dataset');
  const connection = await access.connect();
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
  const { header, payload } = sealStream(oneChunk(utf8(text)), {
    recipients: [recipientKeyOf(createPublicKey({ key: key.publicKey, format: 'jwk' }), key.id)],
    protected: { cty: TEXT_MEDIA_TYPE, contract: parsed.digest, dataset: dataset.id, version },
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of payload) chunks.push(Uint8Array.from(chunk));
  const sealed = concatBytes(...chunks);
  const { privateKey } = await freshKeyPair({ type: 'ec', curve: 'P-256' });
  const forged = signSealStatement(
    {
      contract: parsed.digest,
      dataset: dataset.id,
      version,
      key: key.id,
      header: digestOf(header.raw),
      payload: digestOf(sealed),
      iat: 0,
    },
    privateKey,
  );
  await blobs.write(dataset.blob, concatBytes(header.raw, sealed), 'replace');
  await blobs.write(statement, utf8(forged), 'replace');
  const { blob, statement: owners } = original;
  return {
    undo: async () => {
      await blobs.write(dataset.blob, blob.bytes, 'replace');
      await blobs.write(statement, owners.bytes, 'replace');
    },
  };
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
