// OCI image layout (image-spec 1.1, image-layout.md): index.json, then blobs by digest.

import { CleanroomError } from '../../base/errors.js';
import type { BlobSource, StoredBlob } from './blob-source.js';
import {
  type Descriptor,
  digestHex,
  digestMismatch,
  type Manifest,
  ManifestSchema,
  parseDocument,
  readDocument,
  verifyDescriptor,
} from './descriptor.js';
import type { OpenedImage } from './opened-image.js';
import { isDigest, isSameName, noSuchImage } from './image-name.js';
import { checkLayerCount, parseImageConfig } from './image-config.js';
import { archiveLayer } from './layer-blob.js';
import { checkPlatform, choosePlatform, type Platform } from './platform.js';

const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';
/* An index may point to an index; deeper nesting than this is hostile. */
const MAX_DEPTH = 4;

interface Wanted {
  readonly platform: Platform;
  readonly reference: string | undefined;
}

interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  readonly names: readonly string[];
  readonly remarks: readonly string[];
}

/** @throws as openImageArchive */
export async function openOciImage(
  source: BlobSource,
  index: StoredBlob,
  wanted: Wanted,
): Promise<OpenedImage> {
  const found = await findManifest(source, index, wanted);
  const { config, layers } = found.manifest;
  if (config === undefined || layers === undefined)
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', 'the image manifest has no config or no layers');
  const configBytes = await readBlob(source, config, 'image config');
  const parsed = parseImageConfig(configBytes);
  checkPlatform(parsed.config, wanted.platform);
  checkLayerCount(layers.length, parsed.diffIds.length);
  const blobs = await findLayers(source, layers);
  return {
    form: 'oci',
    manifestDigest: found.descriptor.digest,
    configDigest: config.digest,
    config: parsed.config,
    layers: parsed.diffIds.map((diffId, position) =>
      archiveLayer(
        blobs[position] as StoredBlob,
        diffId,
        digestHex(layers[position] as Descriptor),
        position,
      ),
    ),
    names: found.names,
    remarks: found.remarks,
    documents: { config: configBytes, manifest: found.bytes },
  };
}

async function findManifest(source: BlobSource, index: StoredBlob, wanted: Wanted): Promise<FoundManifest> {
  const root = parseDocument(await readDocument(index, 'index.json'), ManifestSchema, 'index.json');
  let candidates = selectByReference(root.manifests ?? [], wanted.reference);
  const names = namesOf(candidates);
  const remarks: string[] = [];
  const trail: Descriptor[] = [];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const { descriptor, remark } = choosePlatform(candidates, wanted.platform);
    if (remark !== null) remarks.push(remark);
    trail.push(descriptor);
    const bytes = await readBlob(source, descriptor, 'image manifest');
    const manifest = parseDocument(bytes, ManifestSchema, 'image manifest');
    if (manifest.manifests === undefined) {
      requireReference(trail, wanted.reference);
      return { descriptor, bytes, manifest, names, remarks };
    }
    candidates = manifest.manifests;
  }
  throw new CleanroomError('IMAGE_ARCHIVE_REFUSED', `indexes are nested deeper than ${MAX_DEPTH}`);
}

/* By digest the image may stand deeper, in an index: requireReference looks at what was found. */
function selectByReference(
  manifests: readonly Descriptor[],
  reference: string | undefined,
): readonly Descriptor[] {
  if (reference === undefined) return manifests;
  const named = manifests.filter((descriptor) => answersTo(descriptor, reference));
  if (named.length > 0) return named;
  /* An index that names nothing has one image, whatever it is called. */
  const names = namesOf(manifests);
  if (names.length === 0 || isDigest(reference)) return manifests;
  throw noSuchImage(reference, names);
}

function requireReference(trail: readonly Descriptor[], reference: string | undefined): void {
  if (reference === undefined || !isDigest(reference)) return;
  if (trail.some(({ digest }) => reference.endsWith(digest))) return;
  throw new CleanroomError(
    'IMAGE_MISMATCH',
    `the archive is the image ${trail.at(-1)?.digest ?? ''}, not ${reference}`,
  );
}

function answersTo(descriptor: Descriptor, reference: string): boolean {
  return (
    reference.endsWith(descriptor.digest) || namesOf([descriptor]).some((name) => isSameName(name, reference))
  );
}

function namesOf(manifests: readonly Descriptor[]): readonly string[] {
  return manifests.flatMap(({ annotations }) => {
    const name = annotations?.[CONTAINERD_NAME] ?? annotations?.[REF_NAME];
    return name === undefined ? [] : [name];
  });
}

async function readBlob(source: BlobSource, descriptor: Descriptor, what: string): Promise<Uint8Array> {
  const blob = await source.find(blobName(descriptor));
  if (blob === null)
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `the archive lacks its ${what} ${descriptor.digest}`);
  const bytes = await readDocument(blob, what);
  verifyDescriptor(descriptor, bytes, what);
  return bytes;
}

async function findLayers(source: BlobSource, layers: readonly Descriptor[]): Promise<readonly StoredBlob[]> {
  const found = await Promise.all(layers.map((layer) => source.find(blobName(layer))));
  const missing = found.flatMap((blob, position) => (blob === null ? [position + 1] : []));
  if (missing.length > 0)
    throw new CleanroomError('IMAGE_LAYER_MISSING', `the archive lacks layers ${missing.join(', ')}`);
  return found.map((blob, position) => {
    const { size, digest } = layers[position] as Descriptor;
    if (blob === null || blob.size !== size)
      throw digestMismatch(`layer ${position + 1}`, `${size} bytes of ${digest}`, `${blob?.size ?? 0} bytes`);
    return blob;
  });
}

function blobName({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}
