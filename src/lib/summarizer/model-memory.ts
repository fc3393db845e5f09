// What running a model takes of memory, from its files' sizes and its shape; checked against what there is before it is loaded.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import { availableMemory } from './available-memory.js';
import { graphSetFiles, type Weights } from './graph-files.js';
import { listGraphPaths, type ModelDescription } from './model-directory.js';

/** What of a model decides about its memory. */
export interface ModelShape {
  /** All graphs that are loaded, with weights outside of them, in the precision that the runtime keeps them in. */
  readonly weightBytes: number;
  /** Keys and values of a full input and the longest text, for every beam. */
  readonly cacheBytes: number;
}

/* What a process of the room takes before it loads a model, and the texts. */
const PROCESS_BYTES = 192 * 2 ** 20;
/* Measured at the geometries of bench/real-size, full inputs, 4 beams: while a graph is read its weights are there twice in
   part; afterwards they are there once with what the runtime lays beside them, and the cache once more while it is reordered. */
const LOADING = 1.55;
const LOADED = 1.15;
const RUNNING = 2.5;
/* What the runtime makes larger when it reads it: halves become whole numbers, and four bits eight. */
const GROWN = 1.3;
const KEPT: ReadonlySet<Weights> = new Set<Weights>(['fp32', 'q8', 'int8', 'uint8']);

/** Bytes that loading and running the models of one directory take on top of the process. */
export function memoryToRun(shapes: readonly ModelShape[]): number {
  const weights = shapes.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const cache = Math.max(0, ...shapes.map(({ cacheBytes }) => cacheBytes));
  return Math.ceil(Math.max(LOADING * weights, LOADED * weights + RUNNING * cache));
}

/** Bytes that a container needs that runs nothing but the room with these models. */
export function memoryOfContainer(shapes: readonly ModelShape[]): number {
  return PROCESS_BYTES + memoryToRun(shapes);
}

/** The shape of a described model; its files are looked at, not read. */
export async function shapeOf(model: ModelDescription): Promise<ModelShape> {
  const { directory, graphs, decoderLayers, attentionWidth, inputLimit, maxLength } = model;
  const present = await listGraphPaths(directory);
  let weightBytes = 0;
  for (const file of graphSetFiles(graphs, present)) weightBytes += (await stat(join(directory, file))).size;
  const beams = model.settings.beams ?? model.beams;
  const bytesAToken = 2 * decoderLayers * attentionWidth * Float32Array.BYTES_PER_ELEMENT;
  return {
    weightBytes: weightBytes * (KEPT.has(graphs.weights) ? 1 : GROWN),
    cacheBytes: beams * bytesAToken * (inputLimit + maxLength),
  };
}

/**
 * Refuses models that the memory which is there would not hold: in words, before the kernel does it by a signal.
 *
 * @throws CleanroomError MODEL_TOO_LARGE
 */
export async function refuseWhatCannotFit(models: readonly ModelDescription[]): Promise<void> {
  requireMemory(memoryToRun(await Promise.all(models.map(shapeOf))), await availableMemory());
}

/** @throws CleanroomError MODEL_TOO_LARGE */
export function requireMemory(needed: number, available: number): void {
  if (needed <= available) return;
  throw new CleanroomError(
    'MODEL_TOO_LARGE',
    `the model needs about ${mebibytes(needed)} MiB of memory to run; ${mebibytes(available)} MiB are free here`,
  );
}

/** Whole mebibytes, rounded up. */
export function mebibytes(bytes: number): number {
  return Math.max(0, Math.ceil(bytes / 2 ** 20));
}
