// `blob verify`: the blob and its statement, each from a file or from storage.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { findDataset, ownerOf } from '../contract/find-dataset.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { MAX_STATEMENT_BYTES } from '../sealed-blob/statement/seal-statement.js';
import type { Check } from '../base/verdict/check.js';
import { statementBlob } from './dataset-storage.js';
import { verifySealed } from './sealed-file.js';
import type { Desk } from '../ports/environment.js';
import { readContract } from './environment.js';
import { openSealedTarget, type SealedTarget, type TargetFlags } from './sealed-target.js';

export interface VerifyTargetInput extends TargetFlags {
  readonly dataset: string;
  readonly statementPath: string | undefined;
}

/** @throws CleanroomError BLOB_MISSING for a statement that is not there, and as openSealedTarget and verifySealed */
export async function verifyTarget(desk: Desk, input: VerifyTargetInput): Promise<readonly Check[]> {
  const { contract, digest } = await readContract(input.contractPath);
  const dataset = findDataset(contract, input.dataset);
  const target = await openSealedTarget(desk, input);
  try {
    return await verifySealed(target.location, {
      statements: await readStatements(target, input.statementPath),
      ownerKey: ownerOf(contract, dataset).contractKey,
      contract: digest,
      dataset,
    });
  } finally {
    await target.location.close();
  }
}

async function readStatements(target: SealedTarget, path: string | undefined): Promise<string> {
  const { location, blob, environment, grant } = target;
  if (path !== undefined || blob === null || environment === null) {
    return readTextBounded(path ?? `${location.name}.jws`, MAX_STATEMENT_BYTES);
  }
  const blobs = await environment.services.blobs(grant);
  const stored = await blobs.read(statementBlob(blob), MAX_STATEMENT_BYTES);
  if (stored !== null) return decodeUtf8(stored.bytes) ?? '';
  throw new CleanroomError('BLOB_MISSING', `there is no seal statement beside ${location.name}`);
}
