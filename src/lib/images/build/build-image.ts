// `image build`: files to an OCI archive without Docker, reproducible to the byte.

import * as v from 'valibot';

import type { Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import { openImageArchive } from '../archive/image-archive.js';
import { DescriptorSchema, parseDocument } from '../archive/descriptor.js';
import { LOCAL_ONLY_LABEL } from '../report.js';
import { type LayerEntry, type LayerTar, planLayerTar } from './layer-tar.js';
import { type ArchiveBlob, jsonBlob, MEDIA_TYPE, writeOciArchive } from './oci-archive.js';

export interface ImageSpec {
  /** Each inner list is a layer, lowest first. What changes seldom goes into a layer of its own. */
  readonly layers: readonly (readonly LayerEntry[])[];
  readonly entrypoint: readonly string[];
  /** A layer below all others, those of the base included; absent or without files: none. */
  readonly lowest?: readonly LayerEntry[];
  /** `NAME=VALUE`; over those of the base. */
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** `UID:GID` or a name the base knows. */
  readonly user?: string;
  readonly workingDir?: string;
  /** An image archive to build on; absent: the image holds these layers only. */
  readonly base?: string;
  /** Labels the image as one that has no Node.js of its own, for the local room. */
  readonly localOnly?: boolean;
  /** Name in the archive's index. */
  readonly name?: string;
}

export interface BuiltImage {
  readonly path: string;
  /** `sha256:…`: what a reference pins. */
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly layers: readonly { readonly diffId: string; readonly bytes: number }[];
  readonly labels: Readonly<Record<string, string>>;
}

interface BaseImage {
  readonly layers: readonly ArchiveBlob[];
  readonly descriptors: readonly Json[];
  readonly diffIds: readonly string[];
  readonly config: Record<string, Json>;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  close(): Promise<void>;
}

/** The PATH of an image without a base from somebody else. */
export const IMAGE_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const NO_BASE: BaseImage = {
  layers: [],
  descriptors: [],
  diffIds: [],
  config: {},
  labels: {},
  env: [IMAGE_PATH],
  close: () => Promise.resolve(),
};

/**
 * Builds a linux/amd64 image and writes it as an OCI archive. Equal inputs give equal bytes, whatever the directory, the
 * time and the platform: layers are not compressed, because compressors differ from release to release.
 *
 * @throws CleanroomError as planLayerTar, openImageArchive (for the base) and writeOciArchive
 */
export async function buildImage(
  spec: ImageSpec,
  outPath: string,
  signal?: AbortSignal,
): Promise<BuiltImage> {
  const base = spec.base === undefined ? NO_BASE : await openBase(spec.base);
  try {
    const lowest = await planLayers(
      [spec.lowest ?? []].filter(({ length }) => length > 0),
      signal,
    );
    const layers = await planLayers(spec.layers, signal);
    const idOf = ({ digest }: LayerTar): string => `sha256:${digest}`;
    const diffIds = [...lowest.map(idOf), ...base.diffIds, ...layers.map(idOf)];
    const local = spec.localOnly === true ? { [LOCAL_ONLY_LABEL.name]: LOCAL_ONLY_LABEL.value } : {};
    const labels = { ...base.labels, ...local, ...spec.labels };
    const config = jsonBlob(configDocument(spec, base, diffIds, labels));
    const describeLayer = (layer: LayerTar): Json => describe(MEDIA_TYPE.layer, layer);
    const descriptors = [...lowest.map(describeLayer), ...base.descriptors, ...layers.map(describeLayer)];
    const manifest = jsonBlob({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      config: describe(MEDIA_TYPE.config, config),
      layers: descriptors,
    });
    const blobs = [...lowest, ...base.layers, ...layers];
    await writeOciArchive({ manifest, config, layers: blobs, name: spec.name ?? null }, outPath, signal);
    return {
      path: outPath,
      manifestDigest: `sha256:${manifest.digest}`,
      configDigest: `sha256:${config.digest}`,
      layers: diffIds.map((diffId, index) => ({ diffId, bytes: blobs[index]?.size ?? 0 })),
      labels,
    };
  } finally {
    await base.close();
  }
}

async function planLayers(
  layers: readonly (readonly LayerEntry[])[],
  signal: AbortSignal | undefined,
): Promise<readonly LayerTar[]> {
  const planned: LayerTar[] = [];
  for (const files of layers) {
    signal?.throwIfAborted();
    planned.push(await planLayerTar(files));
  }
  return planned;
}

function describe(mediaType: string, { digest, size }: ArchiveBlob): Json {
  return { mediaType, digest: `sha256:${digest}`, size };
}

function configDocument(
  spec: ImageSpec,
  base: BaseImage,
  diffIds: readonly string[],
  labels: Readonly<Record<string, string>>,
): Json {
  return {
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      ...base.config,
      Entrypoint: spec.entrypoint,
      Cmd: undefined,
      Env: mergeEnvironment(base.env, spec.env ?? []),
      Labels: labels,
      ...(spec.user === undefined ? {} : { User: spec.user }),
      ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    },
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
}

/* A variable of the base keeps its place and takes the new value. */
function mergeEnvironment(base: readonly string[], added: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const variable of [...base, ...added]) {
    const name = variable.split('=')[0] ?? '';
    if (name === '' || !variable.includes('='))
      throw new CleanroomError('USAGE', `${JSON.stringify(name)} is not an environment variable NAME=VALUE`);
    merged.set(name, variable);
  }
  return [...merged.values()];
}

const BaseManifest = v.looseObject({ layers: v.array(DescriptorSchema) });
const BaseConfig = v.looseObject({ config: v.nullish(v.record(v.string(), v.any())) });

async function openBase(path: string): Promise<BaseImage> {
  const archive = await openImageArchive(path);
  const { documents } = archive;
  if (documents.manifest === null) {
    await archive.close();
    throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `${path} is not an OCI archive`, {
      hint: 'Convert it: skopeo copy docker-archive:FILE oci-archive:BASE',
    });
  }
  const manifest = parseDocument(documents.manifest, BaseManifest, 'manifest of the base');
  const config = parseDocument(documents.config, BaseConfig, 'config of the base');
  return {
    layers: archive.layers.map((layer) => ({
      digest: layer.storedDigest ?? layer.diffId,
      size: layer.storedBytes,
      open: () => layer.openStored(),
    })),
    descriptors: manifest.layers as Json[],
    diffIds: archive.layers.map(({ diffId }) => `sha256:${diffId}`),
    config: config.config ?? {},
    labels: archive.config.labels,
    env: archive.config.env,
    close: () => archive.close(),
  };
}
