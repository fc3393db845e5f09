// Uploading a sealed file; src/lib/azure/block-uploader.ts does it.

import type { Progress } from '../base/progress.js';
import type { ContractBlob } from '../contract/schema.js';
import type { ContentDigest } from '../sealed-blob/engine/payload-digest.js';

export interface SealedFile {
  readonly path: string;
  readonly header: ContentDigest;
  readonly payload: ContentDigest;
}

export interface UploadPlace {
  readonly blob: ContractBlob;
  /** What may be replaced there: nothing; or what was there when the upload was planned, which had the ETag (null: nothing). */
  readonly over: 'nothing' | { readonly etag: string | null };
}

export interface Running {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Uploads a sealed file under a condition; resumes an upload of the same file that was broken off.
 *
 * @throws CleanroomError BLOB_CHANGED where the condition did not hold, and BLOB_NAME_TAKEN for a blob over `nothing`
 */
export type SealedUpload = (file: SealedFile, place: UploadPlace, running: Running) => Promise<void>;
