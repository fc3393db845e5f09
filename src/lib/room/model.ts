// The contract's model: baked into the image, sealed by a model owner, or none (extractive). Loaded only with its digest.

import { mkdir, mkdtemp, open, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Contract } from '../contract/schema.js';
import { CleanroomError, systemErrorCode } from '../base/errors.js';
import { openDocuments } from '../sealed-blob/engine/documents.js';
import type { OpenedBlob } from '../sealed-blob/engine/open.js';
import { modelDigest } from '../summarizer/model-digest.js';
import { MAX_MODEL_BYTES } from '../summarizer/size-limits.js';
import { type DatasetAccess, readDataset, type UnlockedDataset } from './dataset.js';
import type { ModelFiles } from './summary-task.js';

export interface ModelAccess extends DatasetAccess {
  readonly modelsDirectory: string;
  readonly temporaryDirectory?: string;
}

export interface LocatedModel {
  readonly files: ModelFiles;
  /** Removes what was unpacked. */
  release(): Promise<void>;
}

/**
 * Finds the files of the model that the contract names, and of no other; unpacks those of a sealed one. Loads nothing.
 *
 * @throws CleanroomError MODEL_DIGEST_MISMATCH, MODEL_TOO_LARGE, and as readDataset for a sealed one
 */
export async function locateModel(
  access: ModelAccess,
  unlocked: readonly UnlockedDataset[],
): Promise<LocatedModel> {
  const { model } = access.parsed.contract;
  if (!('dataset' in model)) return locatePlainModel(access.parsed.contract, access.modelsDirectory);
  const item = unlocked.find(({ dataset }) => dataset.id === model.dataset);
  if (item === undefined) throw new CleanroomError('INTERNAL', 'the model was not unlocked');
  return unpackSealedModel(access, item, model);
}

/** The same of a contract whose model nobody keeps secret. @throws CleanroomError MODEL_…, CONTRACT_INVALID for a sealed one */
export async function locatePlainModel({ model }: Contract, modelsDirectory: string): Promise<LocatedModel> {
  const release = (): Promise<void> => Promise.resolve();
  if (!('family' in model)) return { files: null, release };
  if ('dataset' in model) throw new CleanroomError('CONTRACT_INVALID', 'model.dataset: it is sealed');
  const { family, digest } = model;
  const directory = await findBakedModel(modelsDirectory, digest);
  if (directory === null)
    throw new CleanroomError(
      'MODEL_DIGEST_MISMATCH',
      `the image contains no model with the digest ${digest}`,
    );
  return { files: { directory, digest, family }, release };
}

type FamilyModel = Extract<Contract['model'], { readonly family: string }>;

/** The directory of that model among those of the image, whose names mean nothing; null where there is none. */
export async function findBakedModel(directory: string, digest: string): Promise<string | null> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    const modelDirectory = join(directory, entry.name);
    if ((await modelDigest(modelDirectory)) === digest) return modelDirectory;
  }
  return null;
}

async function unpackSealedModel(
  access: ModelAccess,
  item: UnlockedDataset,
  { family, digest }: FamilyModel,
): Promise<LocatedModel> {
  const directory = await makeModelDirectory(access.temporaryDirectory ?? tmpdir());
  const release = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await readDataset(access, item, (blob) => unpackModel(blob, directory));
    return { files: { directory, digest, family }, release };
  } catch (error) {
    await release();
    throw NO_SPACE.has(systemErrorCode(error) ?? '') ? unusable('is full', error) : error;
  }
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Requires a place for a sealed model's files: asked before a text is opened, since afterwards nothing could be said of it.
 *
 * @throws CleanroomError ROOM_TMP_UNUSABLE where it cannot be written, or has not so many bytes left
 */
export async function requireTemporarySpace(bytes: number, place = tmpdir()): Promise<void> {
  await rm(await makeModelDirectory(place), { recursive: true, force: true });
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize < bytes)
    throw unusable(`has ${bavail * bsize} bytes left, and the sealed model takes ${bytes}`);
}

async function makeModelDirectory(place: string): Promise<string> {
  try {
    return await mkdtemp(join(place, 'cleanroom-model-'));
  } catch (cause) {
    throw unusable(`cannot be written (${systemErrorCode(cause) ?? 'unknown'})`, cause);
  }
}

function unusable(how: string, cause?: unknown): CleanroomError {
  return new CleanroomError('ROOM_TMP_UNUSABLE', `the room's directory for temporary files ${how}`, {
    cause,
  });
}

/* Names have been found safe by openDocuments; nothing of it is loaded before the whole blob is found to be its owner's. */
async function unpackModel(blob: OpenedBlob, directory: string): Promise<void> {
  let total = 0;
  for await (const document of openDocuments(blob)) {
    const path = join(directory, document.name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of document.content) {
        total += chunk.length;
        if (total > MAX_MODEL_BYTES)
          throw new CleanroomError(
            'MODEL_TOO_LARGE',
            `the sealed model has more than ${MAX_MODEL_BYTES} bytes`,
          );
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
  }
}
