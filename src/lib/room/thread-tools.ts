// What the thread that summarizes has beside its task.

import type { DocumentPasses } from './document-batches.js';
import type { MadePart } from './shards/part.js';

export interface ThreadTools {
  readonly signal: AbortSignal;
  /** The documents of a task that does not bring them. */
  readonly documents: DocumentPasses;
  /** Told of the parts of an EachTask, in order. */
  readonly tell: (parts: readonly MadePart[]) => void;
}
