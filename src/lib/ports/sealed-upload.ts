// Uploading a sealed file; src/lib/azure/block-uploader.ts does it.

import type { Progress } from '../base/progress.js';
import type { ContractBlob } from '../contract/schema.js';
import type { ContentDigest } from '../sealed-blob/format/payload-digest.js';

export interface SealedFile {
  readonly path: string;
  readonly header: ContentDigest;
  readonly payload: ContentDigest;
}

export interface UploadPlace {
  readonly blob: ContractBlob;
  /** What may be replaced there: nothing, or a blob that its owner's statement is beside. */
  readonly over: 'nothing' | 'own';
}

export interface Running {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Uploads a sealed file under a condition; resumes an upload of the same file that was broken off. */
export type SealedUpload = (file: SealedFile, place: UploadPlace, running: Running) => Promise<void>;
