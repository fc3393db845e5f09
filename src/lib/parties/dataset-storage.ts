// What stands in storage beside a sealed blob: its seal statement, and the contract.

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import type { ParsedContract } from '../contract/check.js';
import { budgetBlob } from '../contract/room-plan.js';
import type { ContractBlob, ContractDataset, PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import {
  MAX_STATEMENT_BYTES,
  MAX_STATEMENTS,
  type SealStatements,
  statementOfHeader,
  type VerifiedSealStatement,
  verifySealStatements,
} from '../sealed-blob/statement/seal-statement.js';
import { headerSize, parseHeader } from '../sealed-blob/format/header.js';
import { HEADER_OFFSET } from '../sealed-blob/format/layout.js';
import { digestOf } from '../sealed-blob/engine/payload-digest.js';
import type { BlobStore } from '../ports/ports.js';

/** The seal statement's blob: beside the sealed blob. */
export function statementBlob(blob: ContractBlob): ContractBlob {
  return { ...blob, name: `${blob.name}.jws` };
}

export interface StoredSeal {
  readonly statement: VerifiedSealStatement;
  /** All that stand there, and the ETag of the blob that holds them. */
  readonly statements: SealStatements;
  readonly etag: string;
  /** Whether it speaks of the blob that is there: where not, somebody changed it, or it is gone. */
  readonly intact: boolean;
  /** Fingerprints of the keys that the blob which is there names, where it is one of ours. */
  readonly recipients: readonly string[];
}

/**
 * What the owner last stated at that place: of the blob that is there, where one of its statements is.
 *
 * @throws CleanroomError SEAL_STATEMENT_REJECTED
 */
export async function readStoredSeal(
  blob: ContractBlob,
  ownerKey: PublicKeyJwk,
  blobs: BlobStore,
): Promise<StoredSeal | null> {
  const stored = await blobs.read(statementBlob(blob), MAX_STATEMENT_BYTES);
  if (stored === null) return null;
  const statements = verifySealStatements(decodeUtf8(stored.bytes) ?? '', ownerKey);
  const header = await readStoredHeader(blob, blobs);
  const statement = statementOfHeader(statements, digestOf(header ?? new Uint8Array(0)));
  const intact = header !== null && statement.header.sha256 === digestOf(header).sha256;
  const recipients = intact ? fingerprintsIn(header) : [];
  return { statement, statements, etag: stored.etag, intact, recipients };
}

function fingerprintsIn(header: Uint8Array): readonly string[] {
  return parseHeader(header).recipients.flatMap(({ header: { jkt } }) => (jkt === undefined ? [] : [jkt]));
}

/* Null where there is no blob, or none of ours. */
async function readStoredHeader(blob: ContractBlob, blobs: BlobStore): Promise<Uint8Array | null> {
  const start = await blobs.readRange(blob, 0, HEADER_OFFSET);
  if (start === null) return null;
  try {
    return await blobs.readRange(blob, 0, headerSize(start));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'SEALED_BLOB_REJECTED') return null;
    throw cause;
  }
}

/**
 * Has `replace` put another blob at the place. Until it has, its statement stands there beside the earlier ones, then
 * without them: at no moment is there a blob without a statement of its own. Another run that replaces the same blob at the
 * same time keeps its statement too; `replace` must let one of them through only.
 *
 * @param change.before - what stood there when the replacement was planned; null: nothing.
 * @throws CleanroomError BLOB_CHANGED where something else stands there by now; and what `replace` throws
 */
export async function replaceWithStatement(
  { blob, blobs }: { readonly blob: ContractBlob; readonly blobs: BlobStore },
  { before, after }: { readonly before: StoredSeal | null; readonly after: string },
  replace: () => Promise<void>,
): Promise<void> {
  const place = statementBlob(blob);
  if (before !== null) {
    const current = before.statement.raw;
    const others = rawOf(before.statements).filter((raw) => raw !== current);
    const lines = [current, ...others.slice(2 - MAX_STATEMENTS), after];
    const written = await blobs.write(place, utf8(lines.join('\n')), { etag: before.etag });
    if (written === null) throw replacedMeanwhile(blob);
  }
  await replace();
  await settleStatement({ blob, blobs }, new Set(rawOf(before?.statements ?? [])), after);
}

const MAX_TRIES = 20;

/* Those of before the replacement go; what came meanwhile belongs to a run that has still to find out that it is late. */
async function settleStatement(
  { blob, blobs }: { readonly blob: ContractBlob; readonly blobs: BlobStore },
  earlier: ReadonlySet<string>,
  after: string,
): Promise<void> {
  const place = statementBlob(blob);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await blobs.read(place, MAX_STATEMENT_BYTES);
    const lines = stored === null ? [] : (decodeUtf8(stored.bytes) ?? '').trim().split('\n');
    const newer = lines.filter((line) => line !== after && !earlier.has(line)).slice(1 - MAX_STATEMENTS);
    const condition = stored === null ? 'create' : { etag: stored.etag };
    if ((await blobs.write(place, utf8([after, ...newer].join('\n')), condition)) !== null) return;
  }
  throw replacedMeanwhile(blob);
}

function rawOf(statements: readonly VerifiedSealStatement[]): readonly string[] {
  return statements.map(({ raw }) => raw);
}

function replacedMeanwhile({ container, name }: ContractBlob): CleanroomError {
  return new CleanroomError('BLOB_CHANGED', `${container}/${name} is being replaced by another process`, {
    hint: 'Nothing of yours was stored. Check the stored blob, then run the same command again.',
  });
}

/**
 * The canonical contract, by the owner in whose account it is kept, and the container in which the rooms count results, in the
 * account of each owner.
 */
export async function storeContract(
  dataset: ContractDataset,
  { contract, canonical }: ParsedContract,
  blobs: BlobStore,
): Promise<void> {
  if (contract.room.contractBlob.account === dataset.blob.account) {
    await blobs.ensureContainer(contract.room.contractBlob);
    await blobs.write(contract.room.contractBlob, utf8(canonical), 'replace');
  }
  await blobs.ensureContainer(budgetBlob(dataset));
}
