// The walk over a model before any native code reads it: one function, for the room and for everybody who packs or tries a model.

import { join } from 'node:path';

import { CleanroomError, describeCause } from '../../base/errors.js';
import type { ModelDescription, ModelDirectory } from '../model-directory.js';
import { withFileSource } from './file-source.js';
import { walkModel } from './graph.js';
import { WireError } from './protobuf.js';
import { Refusal } from './walk.js';

/**
 * Walks every graph that would be loaded. What passes draws no lots, loops over nothing, reads no other file and calls nothing
 * but the operators of exported T5 and BART models. It does not limit what a model can say: If, Gather and Where are enough to
 * look at a text and choose; only the contract's limits do.
 *
 * @throws CleanroomError MODEL_REFUSED naming file and reason; FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function refuseUnsafeModel({ models }: ModelDirectory): void {
  for (const model of models) for (const path of graphPaths(model)) refuseUnsafeGraph(path);
}

/** @throws as refuseUnsafeModel */
export function refuseUnsafeGraph(path: string): void {
  try {
    withFileSource(path, walkModel);
  } catch (cause) {
    if (!(cause instanceof Refusal || cause instanceof WireError)) throw cause;
    const why =
      cause instanceof Refusal ? describeCause(cause) : `it is no ONNX file: ${describeCause(cause)}`;
    throw new CleanroomError('MODEL_REFUSED', `${path} is not loaded: ${why}`, {
      hint: 'Export the model again with optimum (T5 or BART, fp32, fp16, int8 or 4 bits, weights inside the file).',
    });
  }
}

function graphPaths({ directory, graphs }: ModelDescription): readonly string[] {
  const { encoder, decoder, decoderWithPast } = graphs;
  return [...new Set([encoder, decoder, decoderWithPast])].map((file) => join(directory, file));
}
