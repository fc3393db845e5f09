// What stands in storage beside a sealed blob: its seal statement, the contract, and the budget's state.

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import type { ParsedContract } from '../contract/check.js';
import { budgetStateBlob } from '../contract/room-plan.js';
import type { ContractBlob, ContractDataset, PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import {
  MAX_STATEMENT_BYTES,
  statementOfHeader,
  type VerifiedSealStatement,
  verifySealStatements,
} from '../sealed-blob/format/seal-statement.js';
import { headerSize, parseHeader } from '../sealed-blob/format/header.js';
import { HEADER_OFFSET } from '../sealed-blob/format/layout.js';
import { digestOf } from '../sealed-blob/format/payload-digest.js';
import { initialBudgetState } from '../summarizer/budget.js';
import type { BlobStore } from '../ports/ports.js';

const MAX_STATE_BYTES = 16 * 1024 * 1024;

/** The seal statement's blob: beside the sealed blob. */
export function statementBlob(blob: ContractBlob): ContractBlob {
  return { ...blob, name: `${blob.name}.jws` };
}

export interface StoredSeal {
  readonly statement: VerifiedSealStatement;
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
  return { statement, intact, recipients: intact ? fingerprintsIn(header) : [] };
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
 * Has `replace` put another blob at the place. Until it has, both statements stand there, then the new one alone: at no
 * moment is there a blob without a statement of its own.
 */
export async function replaceWithStatement(
  place: { readonly blob: ContractBlob; readonly blobs: BlobStore },
  { before, after }: { readonly before: VerifiedSealStatement | null; readonly after: string },
  replace: () => Promise<void>,
): Promise<void> {
  const write = (lines: readonly string[]) =>
    place.blobs.write(statementBlob(place.blob), utf8(lines.join('\n')), 'replace');
  if (before !== null) await write([before.raw, after]);
  await replace();
  await write([after]);
}

/**
 * The canonical contract, and the budget's empty state: made once, by the owner in whose account they are kept; other
 * owners have nothing to write there. A state that is gone although data was stored
 * before is not made again: that would give the host its budget back.
 *
 * @throws CleanroomError STATE_MISSING
 */
export async function storeContractAndState(
  { blob: { account } }: ContractDataset,
  { contract, canonical, digest }: ParsedContract,
  blobs: BlobStore,
  earlier: VerifiedSealStatement | null,
): Promise<void> {
  if (contract.room.contractBlob.account === account) {
    await blobs.ensureContainer(contract.room.contractBlob);
    await blobs.write(contract.room.contractBlob, utf8(canonical), 'replace');
  }
  const budget = budgetStateBlob(contract);
  if (budget.account !== account) return;
  await blobs.ensureContainer(budget);
  const state = await blobs.read(budget, MAX_STATE_BYTES);
  if (state !== null) return;
  if (earlier?.contract === digest) {
    throw new CleanroomError(
      'STATE_MISSING',
      `the budget state ${budget.name} of this contract was there before and is gone`,
    );
  }
  await blobs.write(budget, initialBudgetState(digest), 'create');
}
