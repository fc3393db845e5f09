// What a contract or a card says of a model directory, said only of one that a room would load.

import { join } from 'node:path';

import { refuseUnsafeModel } from './graph-walk/refuse-unsafe-model.js';
import { modelDigest } from './model-digest.js';
import {
  describeModelDirectory,
  readModelJson,
  type ModelDirectory,
  type ModelFamily,
} from './model-directory.js';
import { requireKnownParts } from './tokenizer-parts.js';

/**
 * Family and digest of a model whose graphs and tokenizer were looked at.
 *
 * @throws CleanroomError MODEL_INVALID, MODEL_REFUSED, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readModelFacts(
  directory: string,
): Promise<{ readonly family: ModelFamily; readonly digest: string }> {
  const { family } = await describeSafeModel(directory);
  return { family, digest: await modelDigest(directory) };
}

/** The description of a model that a room would load, as far as its graphs and files go. @throws as readModelFacts */
export async function describeSafeModel(directory: string): Promise<ModelDirectory> {
  const described = await describeModelDirectory(directory);
  refuseUnsafeModel(described);
  for (const model of described.models) {
    const path = join(model.directory, 'tokenizer.json');
    requireKnownParts(path, await readModelJson(path));
  }
  return described;
}
