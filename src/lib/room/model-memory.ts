// Whether there is memory, and disk for a sealed one, for the contract's model: asked before a place in the budget is taken or any text is opened, so
// that it can be said. Afterwards the same want would be one more outcome without a result.

import type { Contract } from '../contract/schema.js';
import { describeModelDirectory } from '../summarizer/model-directory.js';
import {
  mebibytes,
  memoryToRun,
  type ModelShape,
  requireMemory,
  shapeOf,
} from '../summarizer/model-memory.js';
import type { UnlockedDataset } from './dataset.js';
import type { Log } from './log.js';
import { findBakedModel, requireTemporarySpace } from './model.js';

export interface MemoryAccess {
  readonly parsed: { readonly contract: Contract };
  readonly modelsDirectory: string;
  /** Where a sealed model is unpacked; the system's if absent. */
  readonly temporaryDirectory?: string;
  readonly log: Log;
  /** Bytes that may still be taken (summarizer/available-memory.ts). */
  readonly availableMemory: () => Promise<number>;
}

/**
 * Requires what the model needs: of one in the image by its shape, of a sealed one at least by the length of its payload.
 *
 * @throws CleanroomError MODEL_TOO_LARGE, ROOM_TMP_UNUSABLE, and MODEL_INVALID for files that describe no model
 */
export async function requireModelMemory(
  access: MemoryAccess,
  unlocked: readonly UnlockedDataset[],
): Promise<void> {
  const shapes = await modelShapes(access, unlocked);
  if (shapes === null) return;
  const needed = memoryToRun(shapes);
  const available = await access.availableMemory();
  access.log.write('memory', { neededMiB: mebibytes(needed), availableMiB: mebibytes(available) });
  requireMemory(needed, available);
}

/* Null: there is no model, or none of that digest, which is said where it is opened. */
async function modelShapes(
  { parsed: { contract }, modelsDirectory, temporaryDirectory }: MemoryAccess,
  unlocked: readonly UnlockedDataset[],
): Promise<readonly ModelShape[] | null> {
  const { model } = contract;
  if (!('family' in model)) return null;
  if ('dataset' in model) {
    const item = unlocked.find(({ dataset }) => dataset.id === model.dataset);
    if (item === undefined) return null;
    const { bytes } = item.sealed.statement.payload;
    await requireTemporarySpace(bytes, temporaryDirectory);
    return [{ weightBytes: bytes, cacheBytes: 0 }];
  }
  const directory = await findBakedModel(modelsDirectory, model.digest);
  if (directory === null) return null;
  return Promise.all((await describeModelDirectory(directory)).models.map(shapeOf));
}
