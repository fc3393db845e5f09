// Images pulled by digest from the registry that a contract names, kept as archives in this user's cache.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import { isLoopback } from '../contract/emulated-contract.js';
import type { Contract } from '../contract/schema.js';
import type { ArchiveLayer } from '../images/archive/layer-blob.js';
import { type ImageArchive, openImageArchive } from '../images/archive/image-archive.js';
import type { ImageReference } from '../images/registry/reference.js';
import type { Environment } from '../ports/environment.js';
import { fetchByHand } from './room-images.js';

/** Opens the image of a container from its registry, or from the cache; null where nothing may be pulled from there. */
export type ImagePuller = (container: string, reference: ImageReference) => Promise<ImageArchive | null>;

export interface PullSettings {
  /** For logins and TLS roots; null: docker's credentials, else anonymously. */
  readonly environment: Environment | null;
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Confidential container groups take images of 15 GB at most. */
const MAX_IMAGE_BYTES = 16 * 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

/**
 * Pulls by digest only: a tag may mean something else tomorrow. A contract of a local Azure has images of this machine's
 * registries only, and any other contract none of them, so that no contract makes its reader ask around on the own machine.
 *
 * @throws CleanroomError IMAGE_MISMATCH for an index of several platforms, IMAGE_ARCHIVE_REFUSED above 16 GiB, and as
 *   openRegistry and openRegistryImage, with what to do instead
 */
export function contractPuller(contract: Contract, settings: PullSettings): ImagePuller {
  return async (container, reference) =>
    isLoopback(reference.registry) === (contract.trust !== undefined)
      ? pullImageByDigest(container, reference, settings)
      : null;
}

/** As contractPuller, from every registry. */
export async function pullImageByDigest(
  container: string,
  reference: ImageReference,
  settings: PullSettings,
): Promise<ImageArchive | null> {
  const { digest } = reference;
  if (digest === null) return null;
  const directory = join(settings.cacheDirectory, 'images');
  const path = join(directory, `${digest.slice('sha256:'.length)}.oci.tar`);
  const kept = await openKept(path, digest);
  if (kept !== null) return kept;
  settings.progress.phase(`fetching image ${container} from ${reference.registry}`);
  try {
    const image = await openFromRegistry(reference, settings);
    requireOneImage(image, digest);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await keep(image, reference, path, settings);
  } catch (cause) {
    throw withRemedy(cause, container, reference);
  }
}

/* Documents are checked against the digest as it is opened, layers as they are read: a damaged archive is fetched again. */
async function openKept(path: string, digest: string): Promise<ImageArchive | null> {
  try {
    return await openImageArchive(path, { reference: digest });
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

async function openFromRegistry(
  reference: ImageReference,
  { environment }: PullSettings,
): Promise<ImageArchive> {
  const { openRegistry } = await import('./registry.js');
  const { openRegistryImage } = await import('../images/registry/registry-image.js');
  return openRegistryImage(await openRegistry(reference, environment), reference);
}

function requireOneImage({ manifestDigest, layers, path }: ImageArchive, digest: string): void {
  if (manifestDigest !== digest)
    throw new CleanroomError(
      'IMAGE_MISMATCH',
      `${digest} in ${path} is an index of several platforms; its image for linux/amd64 is ${String(manifestDigest)}`,
    );
  const bytes = layers.reduce((sum, layer) => sum + layer.storedBytes, 0);
  if (bytes > MAX_IMAGE_BYTES)
    throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `the image in ${path} is larger than 16 GiB`);
}

/* A cache that cannot be written is no reason not to have the image: it is then read where it is. */
async function keep(
  image: ImageArchive,
  reference: ImageReference,
  path: string,
  settings: PullSettings,
): Promise<ImageArchive> {
  const { saveImage } = await import('../images/registry/registry-image.js');
  try {
    await saveImage(watched(image, settings), reference, path);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_UNWRITABLE') return image;
    throw cause;
  }
  return openImageArchive(path, { reference: reference.digest ?? '' });
}

/* The same image, whose layers tell how far they are and end when the person wants to. */
function watched(image: ImageArchive, { progress, signal }: PullSettings): ImageArchive {
  const total = image.layers.reduce((sum, layer) => sum + layer.storedBytes, 0);
  let done = 0;
  const watchedLayer = (layer: ArchiveLayer): ArchiveLayer => ({
    ...layer,
    openStored: async function* () {
      for await (const chunk of layer.openStored()) {
        signal.throwIfAborted();
        done += chunk.length;
        progress.advance(
          done / total,
          `${Math.floor(done / MEBIBYTE)} of ${Math.ceil(total / MEBIBYTE)} MiB`,
        );
        yield chunk;
      }
    },
  });
  return { ...image, layers: image.layers.map(watchedLayer) };
}

const OF_THE_REGISTRY = /^(?:REGISTRY_|SERVICE_UNREACHABLE)/;

function withRemedy(cause: unknown, container: string, reference: ImageReference): unknown {
  if (!(cause instanceof CleanroomError) || !OF_THE_REGISTRY.test(cause.code)) return cause;
  const login = cause.code === 'REGISTRY_DENIED' ? `Log in: docker login ${reference.registry}. Or ` : '';
  const byHand = fetchByHand(
    container,
    `${reference.registry}/${reference.repository}@${String(reference.digest)}`,
  );
  return new CleanroomError(
    cause.code,
    `the image of container ${container} cannot be fetched: ${cause.message}`,
    { hint: login === '' ? byHand : `${login}${byHand.charAt(0).toLowerCase()}${byHand.slice(1)}`, cause },
  );
}
