// An image in a registry, behind the same interface as an archive; and archives pushed to a registry.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import {
  type Descriptor,
  digestHex,
  type Manifest,
  ManifestSchema,
  MAX_DOCUMENT_BYTES,
  parseDocument,
} from '../archive/descriptor.js';
import type { ImageArchive } from '../archive/image-archive.js';
import { checkLayerCount, parseImageConfig } from '../archive/image-config.js';
import { archiveLayer } from '../archive/layer-blob.js';
import { checkPlatform, choosePlatform, DEFAULT_PLATFORM, type Platform } from '../archive/platform.js';
import { bytesBlob, MEDIA_TYPE, writeOciArchive } from '../build/oci-archive.js';
import { type ImageReference, manifestReference, renderReference } from './reference.js';
import type { RegistryClient } from './registry-client.js';

/**
 * Opens an image of a registry; layers are fetched when they are opened.
 *
 * @throws CleanroomError as RegistryClient, and as openImageArchive
 */
export async function openRegistryImage(
  client: RegistryClient,
  reference: ImageReference,
  platform: Platform = DEFAULT_PLATFORM,
): Promise<ImageArchive> {
  const remarks: string[] = [];
  let fetched = await client.fetchManifest(manifestReference(reference));
  let manifest = parseDocument(fetched.bytes, ManifestSchema, 'image manifest');
  if (reference.digest === null) remarks.push(`${reference.tag ?? ''} means sha256:${fetched.digest} today`);
  if (manifest.manifests !== undefined) {
    const { descriptor, remark } = choosePlatform(manifest.manifests, platform);
    if (remark !== null) remarks.push(remark);
    fetched = await client.fetchManifest(descriptor.digest);
    manifest = parseDocument(fetched.bytes, ManifestSchema, 'image manifest');
  }
  const { config, layers } = requireImage(manifest);
  const configBytes = await fetchDocument(client, config);
  const parsed = parseImageConfig(configBytes);
  checkPlatform(parsed.config, platform);
  checkLayerCount(layers.length, parsed.diffIds.length);
  return {
    path: `${reference.registry}/${reference.repository}`,
    form: 'oci',
    manifestDigest: `sha256:${fetched.digest}`,
    configDigest: config.digest,
    config: parsed.config,
    layers: layers.map((layer, index) =>
      archiveLayer(
        { size: layer.size, open: () => client.openBlob(layer) },
        parsed.diffIds[index] as Sha256Hex,
        digestHex(layer),
        index,
      ),
    ),
    names: [],
    remarks,
    documents: { config: configBytes, manifest: fetched.bytes },
    close: () => Promise.resolve(),
  };
}

/**
 * Writes an opened image as an OCI archive, its manifest unchanged and named by the reference it was fetched by.
 *
 * @throws as writeOciArchive and the image's layers
 */
export async function saveImage(
  image: ImageArchive,
  reference: ImageReference,
  outPath: string,
): Promise<void> {
  const { manifest, config } = requireDocuments(image);
  await writeOciArchive(
    {
      manifest: bytesBlob(manifest),
      manifestType: manifestTypeOf(manifest),
      config: bytesBlob(config),
      layers: storedLayers(image),
      name: reference.tag,
      fullName: renderReference(reference),
    },
    outPath,
  );
}

export interface PushedImage {
  /** `sha256:…`: pin this. */
  readonly manifestDigest: string;
  /** Blobs that the registry did not have. */
  readonly sent: number;
  readonly present: number;
}

/** Pushes an archive: blobs that are missing, then the manifest under the reference's tag or its digest. @throws as RegistryClient */
export async function pushImage(
  client: RegistryClient,
  image: ImageArchive,
  reference: ImageReference,
): Promise<PushedImage> {
  const documents = requireDocuments(image);
  const manifest = bytesBlob(documents.manifest);
  if (reference.digest !== null && reference.digest !== `sha256:${manifest.digest}`)
    throw new CleanroomError(
      'IMAGE_MISMATCH',
      `the archive is sha256:${manifest.digest}, not ${reference.digest}`,
    );
  let sent = 0;
  const blobs = [bytesBlob(documents.config), ...storedLayers(image)];
  for (const blob of blobs) if (await client.pushBlob(blob)) sent += 1;
  const target = reference.tag ?? `sha256:${manifest.digest}`;
  await client.pushManifest(target, manifestTypeOf(documents.manifest), manifest);
  return { manifestDigest: `sha256:${manifest.digest}`, sent, present: blobs.length - sent };
}

function storedLayers(image: ImageArchive): Parameters<typeof writeOciArchive>[0]['layers'] {
  return image.layers.map((layer) => ({
    digest: layer.storedDigest ?? layer.diffId,
    size: layer.storedBytes,
    open: () => layer.openStored(),
  }));
}

function manifestTypeOf(manifest: Uint8Array): string {
  return parseDocument(manifest, ManifestSchema, 'image manifest').mediaType ?? MEDIA_TYPE.manifest;
}

function requireDocuments({ documents, path }: ImageArchive): { manifest: Uint8Array; config: Uint8Array } {
  const { manifest, config } = documents;
  if (manifest !== null) return { manifest, config };
  throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `${path} is a docker archive, which has no manifest`, {
    hint: 'Convert it: skopeo copy docker-archive:IN oci-archive:OUT',
  });
}

function requireImage(manifest: Manifest): { config: Descriptor; layers: readonly Descriptor[] } {
  const { config, layers } = manifest;
  if (config === undefined || layers === undefined)
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', 'the image manifest has no config or no layers');
  return { config, layers };
}

async function fetchDocument(client: RegistryClient, descriptor: Descriptor): Promise<Uint8Array> {
  if (descriptor.size > MAX_DOCUMENT_BYTES)
    throw new CleanroomError(
      'IMAGE_ARCHIVE_MALFORMED',
      `image config: is larger than ${MAX_DOCUMENT_BYTES} bytes`,
    );
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.openBlob(descriptor)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
