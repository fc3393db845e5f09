// The model's layer of a room: the lowest, and nothing but regular files under /app/models/. Read entry by entry, whoever made it.

import { createHash, type Hash } from 'node:crypto';

import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import type { ImageArchive } from './archive/image-archive.js';
import type { ArchiveLayer } from './archive/layer-blob.js';
import { pathComponents } from './layer/entry-path.js';
import { displayName, TAR_TYPE, type TarEntry } from './tar/entry.js';
import { lowUint32 } from './tar/numeric.js';
import { TarReader } from './tar/reader.js';

export interface ModelFile {
  readonly sha256: Sha256Hex;
  readonly bytes: number;
}

/** Files of a model layer by their path below /app/models/. */
export type ModelFiles = ReadonlyMap<string, ModelFile>;

const MODELS = ['app', 'models'] as const;

/**
 * Walks the lowest layer of an image where it brings anything below /app/models/.
 *
 * @returns its files, or null for an image whose lowest layer holds no model.
 * @throws CleanroomError IMAGE_MODEL_LAYER for a layer with a model that holds a link, a device, a whiteout, an extended
 *   attribute, a sparse file, a path twice, or anything outside of /app/models/
 */
export async function readModelLayer(archive: ImageArchive): Promise<ModelFiles | null> {
  const [lowest] = archive.layers;
  if (lowest === undefined) return null;
  const walk = await walkLayer(lowest);
  if (walk.files.size === 0 && !walk.touchesModels) return null;
  if (walk.problem !== null)
    throw new CleanroomError('IMAGE_MODEL_LAYER', `the layer with the model ${walk.problem}`);
  return walk.files;
}

interface LayerWalk {
  readonly files: Map<string, ModelFile>;
  /** Whether any entry, of whatever kind, stands below /app/models. */
  touchesModels: boolean;
  /** The first entry that a model layer may not have. */
  problem: string | null;
}

async function walkLayer(layer: ArchiveLayer): Promise<LayerWalk> {
  const walk: LayerWalk = { files: new Map(), touchesModels: false, problem: null };
  let open: { readonly path: string; readonly hash: Hash; bytes: number } | null = null;
  const finish = (): void => {
    if (open !== null)
      walk.files.set(open.path, { sha256: open.hash.digest('hex') as Sha256Hex, bytes: open.bytes });
    open = null;
  };
  const reader = new TarReader({
    entry: (entry) => {
      finish();
      const path = pathComponents(displayName(entry.name));
      const below = MODELS.every((part, index) => path[index] === part)
        ? path.slice(MODELS.length).join('/')
        : null;
      if (below !== null) walk.touchesModels = true;
      walk.problem ??= problemOf(entry, path, below, walk.files);
      if (isRegular(entry) && !hasHoles(entry) && below !== null && below !== '')
        open = { path: below, hash: createHash('sha256'), bytes: 0 };
    },
    data: (bytes) => {
      open?.hash.update(bytes);
      if (open !== null) open.bytes += bytes.length;
    },
    zeros: () => undefined,
  });
  for await (const chunk of layer.open()) reader.push(chunk);
  reader.end();
  finish();
  return walk;
}

function problemOf(
  entry: TarEntry,
  path: readonly string[],
  below: string | null,
  files: ReadonlyMap<string, ModelFile>,
): string | null {
  const name = JSON.stringify(`/${path.join('/')}`);
  const isAbove = path.length <= MODELS.length && path.every((part, index) => part === MODELS[index]);
  if (path.some((part) => part.startsWith('.wh.')) || displayName(entry.name).includes('/.wh.'))
    return `takes ${name} away`;
  if ([...entry.records.keys()].some((key) => key.startsWith('SCHILY.xattr.')))
    return `gives ${name} extended attributes`;
  if (hasHoles(entry)) return `contains ${name} with holes, which cost nothing to send and much to read`;
  if ((lowUint32(entry.mode) & 0o6000) !== 0) return `gives ${name} a setuid or setgid bit`;
  if (entry.type === TAR_TYPE.directory)
    return isAbove || below !== null ? null : `contains the directory ${name}`;
  if (!isRegular(entry)) return `contains ${name}, which is no regular file`;
  if (below === null || below === '') return `contains ${name}, which is not below /app/models/`;
  return files.has(below) ? `contains ${name} twice` : null;
}

function isRegular({ type }: TarEntry): boolean {
  return type === TAR_TYPE.regular;
}

function hasHoles({ records }: TarEntry): boolean {
  return [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
}

/**
 * Requires the files of a model's layer to be the model of that digest: a layer that a contract names and that holds none, or
 * another, could bring anything in its place.
 *
 * @throws CleanroomError IMAGE_MODEL_LAYER, MODEL_DIGEST_MISMATCH
 */
export function requireModel(files: ModelFiles | null, digest: string): void {
  if (files === null)
    throw new CleanroomError(
      'IMAGE_MODEL_LAYER',
      'the lowest layer, which the contract names as the model’s, contains no model',
    );
  const found = modelDigestOf(files);
  if (found !== digest)
    throw new CleanroomError(
      'MODEL_DIGEST_MISMATCH',
      `the layer with the model contains the model ${found}, and the contract names ${digest}`,
    );
}

/**
 * The digest that a contract names a model by, from the files of its layer.
 *
 * @throws CleanroomError IMAGE_MODEL_LAYER unless all of them stand in one directory below /app/models/
 */
export function modelDigestOf(files: ModelFiles): string {
  const directories = new Set([...files.keys()].map((path) => path.split('/')[0]));
  if (directories.size !== 1 || [...files.keys()].some((path) => !path.includes('/')))
    throw new CleanroomError(
      'IMAGE_MODEL_LAYER',
      'the layer with the model contains more than one model directory',
    );
  const lines = [...files]
    .map(([path, { sha256 }]) => ({ path: path.slice(path.indexOf('/') + 1), sha256 }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return `sha256:${sha256Hex(lines.join(''))}`;
}
