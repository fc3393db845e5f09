// Images of the emulator's registry, measured and laid out as directories in one pass: what runs is what was measured.

import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as v from 'valibot';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { decompress } from '../../images/archive/decompress.js';
import { pathComponents } from '../../images/layer/entry-path.js';
import { computeLayerRootHash, type LayerHash } from '../../images/layer/root-hash.js';
import { LOCAL_ONLY_LABEL } from '../../images/report.js';
import { TarReader } from '../../images/tar/reader.js';
import { LOCAL_REGISTRY } from '../registry/constants.js';
import type { ImageStore } from '../registry/image-store.js';
import { type ExtractorOptions, LayerExtractor, type LayerMarks } from './layer-extractor.js';
import { mergeLayer } from './merge-layer.js';

const Descriptor = v.looseObject({ mediaType: v.optional(v.string(), ''), digest: v.string() });
const Manifest = v.looseObject({ config: Descriptor, layers: v.array(Descriptor) });
const Index = v.looseObject({ manifests: v.pipe(v.array(Descriptor), v.minLength(1)) });
const Config = v.looseObject({
  config: v.optional(
    v.looseObject({
      Entrypoint: v.nullish(v.array(v.string())),
      Cmd: v.nullish(v.array(v.string())),
      Env: v.nullish(v.array(v.string())),
      WorkingDir: v.nullish(v.string()),
      User: v.nullish(v.string()),
      Labels: v.nullish(v.record(v.string(), v.string())),
    }),
    {},
  ),
  rootfs: v.looseObject({ diff_ids: v.array(v.string()) }),
});

/** An image as the guest mounts it. */
export interface PreparedImage {
  /** dm-verity root hashes, base first. */
  readonly layers: readonly Sha256Hex[];
  /** The layers over each other. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  /** Whether the image says of itself that it has no Node.js, and is for the local room only. */
  readonly localOnly: boolean;
}

/** How layers become files. */
export interface ImageLayout {
  readonly owner: ExtractorOptions['owner'];
  /** `kept`: as the layer has them; `inside`: absolute, below the image's directory, whatever the layer says. */
  readonly links: 'kept' | 'inside';
}

export interface ImageCache {
  /** Whether the registry has the image. */
  has(reference: string): Promise<boolean>;
  /** Measures and lays out the image, once while the emulator runs. @throws Error for an image that cannot be. */
  prepare(reference: string): Promise<PreparedImage>;
}

/** Images of `store`, laid out below `directory`. */
export function createImageCache(store: ImageStore, directory: string, layout: ImageLayout): ImageCache {
  const prepared = new Map<string, Promise<PreparedImage>>();
  return {
    has: async (reference) => (await findManifest(store, reference)) !== null,
    prepare: async (reference) => {
      const found = await findManifest(store, reference);
      if (found === null) throw new Error(`image ${reference} is not in the registry`);
      const image =
        prepared.get(found.digest) ??
        layOut(store, found.manifest, join(directory, found.digest.replace(':', '-')), layout);
      prepared.set(found.digest, image);
      image.catch(() => prepared.delete(found.digest));
      return image;
    },
  };
}

interface FoundManifest {
  readonly digest: string;
  readonly manifest: v.InferOutput<typeof Manifest>;
}

/** `cleanroom.local/NAME@sha256:…`; of an index the first image, as confcom reads it (confcom). */
async function findManifest(store: ImageStore, reference: string): Promise<FoundManifest | null> {
  const name = reference.startsWith(`${LOCAL_REGISTRY}/`)
    ? reference.slice(LOCAL_REGISTRY.length + 1)
    : reference;
  const [, repository = '', tag = 'latest', digest] =
    /^([^@]+?)(?::([^@/:]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(name) ?? [];
  let stored = await store.manifest(repository, digest ?? tag);
  for (let depth = 0; stored !== null && depth < 3; depth++) {
    const value: unknown = JSON.parse(Buffer.from(stored.bytes).toString('utf8'));
    const manifest = v.safeParse(Manifest, value);
    if (manifest.success) return { digest: stored.digest, manifest: manifest.output };
    const index = v.safeParse(Index, value);
    stored = index.success ? await store.manifest(repository, index.output.manifests[0]?.digest ?? '') : null;
  }
  return null;
}

async function layOut(
  store: ImageStore,
  manifest: v.InferOutput<typeof Manifest>,
  directory: string,
  layout: ImageLayout,
): Promise<PreparedImage> {
  const config = v.parse(Config, JSON.parse(await readText(store, manifest.config.digest)));
  await rm(directory, { recursive: true, force: true });
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  await mkdir(directory, { mode: 0o755 });
  const layers: Sha256Hex[] = [];
  for (const [index, layer] of manifest.layers.entries()) {
    const single = `${directory}.layer`;
    await rm(single, { recursive: true, force: true });
    await mkdir(single, { mode: 0o700 });
    const { hash, marks } = await measureAndExtract(openLayer(store, layer.digest), single, {
      owner: layout.owner,
      linkTarget: (path, target) => (layout.links === 'kept' ? target : insideRoot(directory, path, target)),
    });
    if (`sha256:${hash.diffId}` !== config.rootfs.diff_ids[index])
      throw new Error(`layer ${index} is not the one that the image's configuration names`);
    mergeLayer(single, marks, directory, layout.owner);
    layers.push(hash.rootHash);
  }
  const { Entrypoint, Cmd, Env, WorkingDir, User, Labels } = config.config;
  return {
    layers,
    root: directory,
    entrypoint: [...(Entrypoint ?? []), ...(Cmd ?? [])],
    environment: Env ?? [],
    workingDir: WorkingDir === undefined || WorkingDir === null || WorkingDir === '' ? '/' : WorkingDir,
    user: User ?? '',
    localOnly: Labels?.[LOCAL_ONLY_LABEL.name] === LOCAL_ONLY_LABEL.value,
  };
}

async function readText(store: ImageStore, digest: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of checkedBlob(store, digest)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The blob's bytes; throws at the end where they are not those of its digest. */
async function* checkedBlob(store: ImageStore, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of store.readBlob(digest.slice(7))) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
  if (hash.digest('hex') !== digest.slice(7)) throw new Error(`blob ${digest} was changed on disk`);
}

/** The uncompressed tar of a layer, whatever its media type says of compression. */
function openLayer(store: ImageStore, digest: string): AsyncIterable<Uint8Array> {
  return decompress(checkedBlob(store, digest), digest);
}

/** A link's target as an absolute path below the root, whatever the link says. */
function insideRoot(root: string, path: readonly string[], target: string): string {
  const base = target.startsWith('/') ? [] : path.slice(0, -1);
  return join(root, ...pathComponents([...base, target].join('/')));
}

/** One pass: every piece is measured and laid out. */
async function measureAndExtract(
  layer: AsyncIterable<Uint8Array>,
  directory: string,
  options: ExtractorOptions,
): Promise<{ hash: LayerHash; marks: LayerMarks }> {
  const extractor = new LayerExtractor(directory, options);
  const reader = new TarReader(extractor);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of layer) {
      reader.push(piece);
      yield piece;
    }
    reader.end();
  };
  try {
    return { hash: await computeLayerRootHash(pieces()), marks: extractor };
  } finally {
    extractor.close();
  }
}
