// Memory of the summarizer's container against what the contract's model needs: said where the contract is written and before it is deployed.

import type { MeasuredImage } from '../cce-policy/measured-image.js';
import type { Contract } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { memoryOfContainer } from '../summarizer/model-memory.js';

/** What the summarizer's container needs and has; numbers as people read them. */
export interface RoomMemory {
  /** About; of a model that is known by its layer alone, at least. */
  readonly neededMiB: number;
  readonly givenGiB: number;
}

const GIB = 2 ** 30;
/** What the summarizer gets where its model needs no more. */
export const USUAL_MEMORY_GIB = 8;

/** Bytes that a container with the models of this directory needs. @throws as describeModelDirectory */
export async function memoryOfModelDirectory(directory: string): Promise<number> {
  const { describeModelDirectory } = await import('../summarizer/model-directory.js');
  const { shapeOf } = await import('../summarizer/model-memory.js');
  const { models } = await describeModelDirectory(directory);
  return memoryOfContainer(await Promise.all(models.map(shapeOf)));
}

/** Memory to write into a contract, whole GiB. @param needed - bytes; null where nothing is known of the model */
export function memoryToGive(needed: number | null): number {
  return Math.max(USUAL_MEMORY_GIB, Math.ceil((needed ?? 0) / GIB));
}

/** @param needed - bytes */
export function roomMemory(needed: number, givenGiB: number): RoomMemory {
  return { neededMiB: Math.ceil(needed / 2 ** 20), givenGiB };
}

/**
 * The summarizer's memory against the weights in its image: a model that it could not hold is refused before a group is
 * made, whose kernel would kill it again and again.
 *
 * @returns null where the model is not in the image
 * @throws CleanroomError MODEL_TOO_LARGE
 */
export function requireRoomMemory(
  { model, room }: Contract,
  images: ReadonlyMap<string, MeasuredImage>,
): RoomMemory | null {
  const given = room.containers.find(({ name }) => name === 'summarizer')?.memoryGiB;
  const layer =
    'layer' in model
      ? images.get('summarizer')?.layers.find(({ rootHash }) => `sha256:${rootHash}` === model.layer)
      : undefined;
  if (given === undefined || layer === undefined) return null;
  const needed = memoryOfContainer([{ weightBytes: layer.bytes, cacheBytes: 0 }]);
  const memory = roomMemory(needed, given);
  if (needed <= given * GIB) return memory;
  throw new CleanroomError(
    'MODEL_TOO_LARGE',
    `the model in the room's image needs at least ${memory.neededMiB} MiB of memory; the contract gives the summarizer ${given} GiB`,
  );
}
