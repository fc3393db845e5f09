// What the registry keeps on disk: blobs and manifests by digest, tags by repository. A digest is always checked.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { writeFileAtomic } from '../../base/files/atomic-write.js';

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface ImageStore {
  /** Size of a blob, or null. `hex` is the SHA-256 of its content. */
  blobSize(hex: string): Promise<number | null>;
  readBlob(hex: string, range?: { readonly start: number; readonly end: number }): ReadStream;
  /** Begins an upload; returns its id. */
  beginUpload(): Promise<string>;
  /** Bytes received so far, or null for an unknown upload. */
  uploadSize(id: string): Promise<number | null>;
  append(id: string, chunk: AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes the upload the blob `hex`; false, and nothing is kept, where its content has another digest. */
  finishUpload(id: string, hex: string): Promise<boolean>;
  cancelUpload(id: string): Promise<void>;
  /** By tag or `sha256:…`. */
  manifest(repository: string, reference: string): Promise<StoredManifest | null>;
  putManifest(repository: string, tag: string | null, manifest: StoredManifest): Promise<void>;
  removeManifest(repository: string, reference: string): Promise<boolean>;
  tags(repository: string): Promise<readonly string[] | null>;
}

/** Opens the store in `directory`; uploads that were cut off by an earlier end are discarded. */
export async function openImageStore(directory: string): Promise<ImageStore> {
  const blobs = join(directory, 'blobs');
  const uploads = join(directory, 'uploads');
  await rm(uploads, { recursive: true, force: true });
  await Promise.all([blobs, uploads].map((path) => mkdir(path, { recursive: true, mode: 0o700 })));
  const manifests = manifestStore(join(directory, 'repositories'));
  return {
    blobSize: (hex) => sizeOf(join(blobs, hex)),
    readBlob: (hex, range) => createReadStream(join(blobs, hex), range),
    beginUpload: async () => {
      const id = randomUUID();
      await writeFileAtomic(join(uploads, id), '');
      return id;
    },
    uploadSize: (id) => sizeOf(join(uploads, id)),
    append: (id, chunk) => pipeline(chunk, createWriteStream(join(uploads, id), { flags: 'a' })),
    finishUpload: async (id, hex) => {
      const path = join(uploads, id);
      if ((await digestOf(path)) !== hex) {
        await rm(path, { force: true });
        return false;
      }
      await rename(path, join(blobs, hex));
      return true;
    },
    cancelUpload: (id) => rm(join(uploads, id), { force: true }),
    ...manifests,
  };
}

type ManifestStore = Pick<ImageStore, 'manifest' | 'putManifest' | 'removeManifest' | 'tags'>;

/* repositories/NAME/_manifests/HEX holds the media type, a newline, and the bytes; _tags/TAG holds the hex. */
function manifestStore(root: string): ManifestStore {
  const manifestPath = (repository: string, hex: string): string => join(root, repository, '_manifests', hex);
  const tagPath = (repository: string, tag: string): string => join(root, repository, '_tags', tag);
  const resolve = async (repository: string, reference: string): Promise<string | null> =>
    reference.startsWith('sha256:') ? reference.slice(7) : readOrNull(tagPath(repository, reference), 'utf8');
  return {
    manifest: async (repository, reference) => {
      const hex = await resolve(repository, reference);
      const file = hex === null ? null : await readOrNull(manifestPath(repository, hex));
      if (hex === null || file === null) return null;
      const newline = file.indexOf(10);
      return {
        digest: `sha256:${hex}`,
        mediaType: file.subarray(0, newline).toString('utf8'),
        bytes: file.subarray(newline + 1),
      };
    },
    putManifest: async (repository, tag, { digest, mediaType, bytes }) => {
      const hex = digest.slice(7);
      await makeParent(manifestPath(repository, hex));
      await writeFileAtomic(
        manifestPath(repository, hex),
        Buffer.concat([Buffer.from(`${mediaType}\n`), bytes]),
      );
      if (tag === null) return;
      await makeParent(tagPath(repository, tag));
      await writeFileAtomic(tagPath(repository, tag), hex);
    },
    removeManifest: async (repository, reference) => {
      const path = reference.startsWith('sha256:')
        ? manifestPath(repository, reference.slice(7))
        : tagPath(repository, reference);
      const found = (await sizeOf(path)) !== null;
      await rm(path, { force: true });
      return found;
    },
    tags: async (repository) => {
      const known = await stat(join(root, repository, '_manifests')).catch(() => null);
      if (known === null) return null;
      return (await readdir(join(root, repository, '_tags')).catch(() => [])).sort();
    },
  };
}

async function makeParent(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

async function readOrNull(path: string): Promise<Buffer | null>;
async function readOrNull(path: string, encoding: 'utf8'): Promise<string | null>;
async function readOrNull(path: string, encoding?: 'utf8'): Promise<Buffer | string | null> {
  return readFile(path, encoding).catch(() => null);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
