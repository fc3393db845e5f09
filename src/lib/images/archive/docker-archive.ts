// docker save without an OCI index: manifest.json names config and layers by path (moby image/spec v1.2).

import * as v from 'valibot';

import { sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import type { BlobSource, StoredBlob } from './blob-source.js';
import { digestMismatch, parseDocument, readDocument } from './descriptor.js';
import type { OpenedImage } from './opened-image.js';
import { isDigest, isSameName, noSuchImage } from './image-name.js';
import { checkLayerCount, parseImageConfig } from './image-config.js';
import { archiveLayer } from './layer-blob.js';
import { checkPlatform, type Platform } from './platform.js';

const DockerImageSchema = v.looseObject({
  Config: v.string(),
  RepoTags: v.nullish(v.array(v.string()), null),
  Layers: v.pipe(v.array(v.string()), v.maxLength(512)),
});
type DockerImage = v.InferOutput<typeof DockerImageSchema>;

const DockerManifestSchema = v.pipe(v.array(DockerImageSchema), v.minLength(1), v.maxLength(1024));

/** @throws as openImageArchive */
export async function openDockerImage(
  source: BlobSource,
  manifest: StoredBlob,
  wanted: { readonly platform: Platform; readonly reference: string | undefined },
): Promise<OpenedImage> {
  const images = parseDocument(
    await readDocument(manifest, 'manifest.json'),
    DockerManifestSchema,
    'manifest.json',
  );
  const image = chooseImage(images, wanted.reference);
  const configBytes = await readConfig(source, image.Config);
  const { config, diffIds } = parseImageConfig(configBytes);
  checkPlatform(config, wanted.platform);
  checkLayerCount(image.Layers.length, diffIds.length);
  const blobs = await findLayers(source, image.Layers);
  return {
    form: 'docker',
    manifestDigest: null,
    configDigest: `sha256:${sha256Hex(configBytes)}`,
    config,
    layers: diffIds.map((diffId, index) => archiveLayer(blobs[index] as StoredBlob, diffId, null, index)),
    names: image.RepoTags ?? [],
    remarks: [],
    documents: { config: configBytes, manifest: null },
  };
}

/* By name where one is wanted; docker archives know no digest that could be. */
function chooseImage(images: readonly DockerImage[], wanted: string | undefined): DockerImage {
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const byName = wanted !== undefined && !isDigest(wanted) && names.length > 0;
  const fitting = byName
    ? images.filter(({ RepoTags }) => RepoTags?.some((name) => isSameName(name, wanted)))
    : images;
  const [chosen, another] = fitting;
  if (chosen === undefined) throw noSuchImage(wanted ?? '', names);
  if (another === undefined) return chosen;
  throw new CleanroomError('IMAGE_AMBIGUOUS', `the archive has several images: ${names.join(', ')}`);
}

/* The config is named after its digest, with or without `.json`, except by a few old tools. */
async function readConfig(source: BlobSource, name: string): Promise<Uint8Array> {
  const blob = await source.find(name);
  if (blob === null)
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `the archive lacks its image config ${name}`);
  const bytes = await readDocument(blob, 'image config');
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  const actual = sha256Hex(bytes);
  if (named !== undefined && named !== actual) throw digestMismatch('the image config', named, actual);
  return bytes;
}

async function findLayers(source: BlobSource, names: readonly string[]): Promise<readonly StoredBlob[]> {
  const found = await Promise.all(names.map((name) => source.find(name)));
  const missing = found.flatMap((blob, index) => (blob === null ? [index + 1] : []));
  if (missing.length > 0)
    throw new CleanroomError('IMAGE_LAYER_MISSING', `the archive lacks layers ${missing.join(', ')}`);
  return found.flatMap((blob) => (blob === null ? [] : [blob]));
}
