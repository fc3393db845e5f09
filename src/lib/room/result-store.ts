// Where a room leaves what it made: sealed result, receipt, evidence of its start; in storage, beside each other.

import { utf8 } from '../base/bytes/arrays.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { blobUrl } from '../contract/room-plan.js';
import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { BlobAddress, BlobClient } from './blob-client.js';

const MAX_TRIES = 5;

/** The blobs of a contract's result. */
export interface ResultBlobs {
  readonly result: BlobAddress;
  readonly receipt: BlobAddress;
  readonly report: BlobAddress;
  /** Receipt of the last refusal; kept apart, so that it never takes a result's receipt away. */
  readonly refusal: BlobAddress;
  readonly refusalReport: BlobAddress;
  /** Why the last run gave no result, sealed to the owners of datasets. */
  readonly causes: BlobAddress;
}

export function resultBlobs(contract: Contract, sas: string): ResultBlobs {
  const base = blobUrl(contract.room.resultBlob);
  const address = (suffix: string): BlobAddress => ({ url: `${base}.${suffix}`, sas });
  return {
    result: address('result.json'),
    receipt: address('receipt.jws'),
    report: address('report.json'),
    refusal: address('refusal.jws'),
    refusalReport: address('refusal.report.json'),
    causes: address('causes.json'),
  };
}

export interface StoredResult {
  readonly sealed: string;
  readonly receipt: string;
  readonly report: string;
}

/**
 * Stores a result: report and sealed result first, the receipt last. Another room of the same inputs may be storing the
 * same result; then the three are written again until they are of one room.
 *
 * @throws CleanroomError BLOB_CHANGED, BLOB_REFUSED, SERVICE_UNREACHABLE
 */
export async function storeResult(
  client: BlobClient,
  blobs: ResultBlobs,
  result: StoredResult,
): Promise<void> {
  await storeTogether(client, [
    [blobs.report, result.report],
    [blobs.result, result.sealed],
    [blobs.receipt, result.receipt],
  ]);
}

/** Stores the causes of a run that gave no result, sealed to the owners, its receipt last. @throws as storeResult */
export async function storeCauses(
  client: BlobClient,
  blobs: ResultBlobs,
  { causes, receipt, report }: Omit<StoredResult, 'sealed'> & { readonly causes: string },
): Promise<void> {
  await storeTogether(client, [
    [blobs.refusalReport, report],
    [blobs.causes, causes],
    [blobs.refusal, receipt],
  ]);
}

/** Stores the receipt of a refusal, and the evidence of the room that signed it. @throws as storeResult */
export async function storeRefusal(
  client: BlobClient,
  blobs: ResultBlobs,
  { receipt, report }: Omit<StoredResult, 'sealed'>,
): Promise<void> {
  await storeTogether(client, [
    [blobs.refusalReport, report],
    [blobs.refusal, receipt],
  ]);
}

/* Again until all are of one room: ours, or another that wrote at the same time. */
async function storeTogether(
  client: BlobClient,
  texts: readonly (readonly [blob: BlobAddress, text: string])[],
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    for (const [blob, text] of texts) await replace(client, blob, text);
    const stored: boolean[] = [];
    for (const [blob, text] of texts) stored.push(await isStored(client, blob, text));
    if (stored.every(Boolean) || !stored.some(Boolean)) return;
  }
  throw new CleanroomError('BLOB_CHANGED', 'other rooms kept writing the result');
}

async function replace(client: BlobClient, blob: BlobAddress, text: string): Promise<void> {
  const bytes = utf8(text);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const version = await client.find(blob);
    const condition = version === null ? { ifNoneMatch: '*' as const } : { ifMatch: version.etag };
    if ((await client.write(blob, bytes, condition)) !== null) return;
  }
  throw new CleanroomError('BLOB_CHANGED', 'a blob of the result kept changing while it was written');
}

async function isStored(client: BlobClient, blob: BlobAddress, text: string): Promise<boolean> {
  const expected = utf8(text);
  const stored = await client.read(blob, expected.length + 1_048_576);
  return stored !== null && sha256Hex(stored.bytes) === sha256Hex(expected);
}
