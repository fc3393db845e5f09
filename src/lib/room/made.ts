// What a room has made of its inputs: a result that keeps the limits, or why there is none. Until the place in the budget is closed
// nothing outside tells the two apart.

import { CleanroomError, type ErrorCode } from '../base/errors.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { encodeResult, measuredValues, type ResultDocument } from '../summarizer/result-document.js';
import type { Cause } from './cause.js';
import { type DatasetAccess, readDataset, type UnlockedDataset } from './dataset.js';
import type { Patience } from './patiently.js';
import type { ReceiptDraft } from './receipt-draft.js';
import { retrying } from './retry.js';
import type { RoomIdentity } from './room-identity.js';
import type { AppraisedSummary } from './summary-task.js';
import type { OpenedBlob } from '../sealed-blob/engine/open.js';

export interface WorkContext extends DatasetAccess, Patience {
  readonly draft: ReceiptDraft;
  readonly identity: RoomIdentity;
  /** Evidence of this start, as it is stored beside the receipt. */
  readonly startEvidence: string;
  /** Where the image keeps its models. */
  readonly modelsDirectory: string;
  /** As summarizeApart has it. */
  readonly summaryWorker?: URL | undefined;
  /** Bytes that may still be taken. */
  readonly availableMemory: () => Promise<number>;
  /** Where a sealed model is unpacked; the system's if absent. */
  readonly temporaryDirectory?: string;
}

/** What a run is about: the digest of its inputs, and what only rooms with their keys know. */
export interface RunGround {
  readonly inputs: Sha256Hex;
  readonly salt: string;
}

export interface MadeResult {
  readonly document: ResultDocument;
  readonly plaintext: Uint8Array;
  readonly digest: Sha256Hex;
}

export type Made = MadeResult | { readonly cause: Cause };

/** A summary as the result that leaves, or the cause where it is outside the limits. */
export function madeOf(
  { parsed: { contract, digest } }: WorkContext,
  { inputs, salt }: RunGround,
  appraised: AppraisedSummary,
): Made {
  if (!appraised.within) return { cause: limitCause(appraised) };
  const document: ResultDocument = {
    v: 2,
    use: 'cleanroom-result',
    contract: digest,
    inputs,
    method: appraised.method,
    summary: { text: appraised.summary },
    documents: appraised.documents.map((text) => ({ text })),
    checks: measuredValues(appraised.checks),
    salt,
  };
  const { limits, extractiveLimits } = contract.summary;
  const most = Math.max(limits.maxCharacters, extractiveLimits?.maxCharacters ?? 0);
  const plaintext = encodeResult(document, most);
  return { document, plaintext, digest: sha256Hex(plaintext) };
}

/** Does what may end in a cause: no code, message or time of it differs outside. @throws the signal's reason, and nothing else */
export async function orCause<T>(
  { signal }: Pick<WorkContext, 'signal'>,
  work: () => Promise<T>,
): Promise<T | { readonly cause: Cause }> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    return { cause: { code: codeOf(error), checksFor: () => [] } };
  }
}

/** The code of whatever was thrown. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof CleanroomError ? error.code : 'INTERNAL';
}

/** What `read` makes of each dataset of texts, in the contract's order. @throws CleanroomError as readDataset, and what `read` throws */
export async function readTexts<T>(
  context: WorkContext,
  unlocked: readonly UnlockedDataset[],
  read: (datasetId: string, blob: OpenedBlob) => Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const item of unlocked.filter(({ dataset }) => dataset.kind === 'text')) {
    const attempt = (): Promise<T> => readDataset(context, item, (blob) => read(item.dataset.id, blob));
    found.push(await retrying(attempt, { ...context, onWait: () => undefined }));
  }
  return found;
}

function limitCause({ ofOwners }: AppraisedSummary): Cause {
  return { code: 'LIMIT_REFUSED', checksFor: (owner) => ofOwners[owner] ?? [] };
}
