// An OCI image layout as one tar (oci-archive): the blobs, index.json and oci-layout, in a fixed order.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { pack, type Pack } from 'tar-stream';

import { canonicalJson, type Json } from '../../base/bytes/canonical-json.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { replaceFile } from '../../base/files/replace-file.js';

/** A blob of the archive, in memory or streamed. */
export interface ArchiveBlob {
  readonly digest: Sha256Hex;
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface OciArchive {
  readonly manifest: ArchiveBlob;
  /** Media type of the manifest; OCI's if absent. */
  readonly manifestType?: string;
  readonly config: ArchiveBlob;
  readonly layers: readonly ArchiveBlob[];
  /** For `org.opencontainers.image.ref.name` in the index; null leaves it out. */
  readonly name: string | null;
  /** The whole reference, for `io.containerd.image.name`: it tells repositories with equal tags apart. */
  readonly fullName?: string;
}

export const MEDIA_TYPE = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

const ENTRY = { uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0), mode: 0o644 } as const;

/** A JSON document as a blob: its canonical text, so that equal documents are equal bytes. */
export function jsonBlob(document: Json): ArchiveBlob {
  return bytesBlob(utf8(canonicalJson(document)));
}

export function bytesBlob(bytes: Uint8Array): ArchiveBlob {
  return { digest: sha256Hex(bytes), size: bytes.length, open: () => once(bytes) };
}

/**
 * Writes the archive; the file at `path` is replaced when it is complete.
 *
 * @throws CleanroomError IMAGE_DIGEST_MISMATCH if a source changed since it was measured, FILE_UNWRITABLE
 */
export async function writeOciArchive(
  archive: OciArchive,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const file = await open(temporary, 'wx', 0o644);
    try {
      for await (const chunk of tarOf(archive)) {
        signal?.throwIfAborted();
        await file.write(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

async function* tarOf(archive: OciArchive): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const writing = writeMembers(tar, archive).catch((cause: unknown) => {
    tar.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  for await (const chunk of tar) yield chunk as Uint8Array;
  await writing;
}

async function writeMembers(tar: Pack, archive: OciArchive): Promise<void> {
  const blobs = [archive.manifest, archive.config, ...archive.layers];
  const unique = new Map(blobs.map((blob) => [blob.digest, blob]));
  tar.entry({ ...ENTRY, name: 'oci-layout' }, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  tar.entry({ ...ENTRY, name: 'index.json' }, canonicalJson(indexOf(archive)));
  for (const name of ['blobs/', 'blobs/sha256/'])
    tar.entry({ ...ENTRY, mode: 0o755, name, type: 'directory' });
  for (const digest of [...unique.keys()].sort()) await writeBlob(tar, unique.get(digest) as ArchiveBlob);
  tar.finalize();
}

function indexOf({ manifest, manifestType, name, fullName }: OciArchive): Json {
  const annotations = {
    ...(name === null ? {} : { 'org.opencontainers.image.ref.name': name }),
    ...(fullName === undefined ? {} : { 'io.containerd.image.name': fullName }),
  };
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [
      {
        mediaType: manifestType ?? MEDIA_TYPE.manifest,
        digest: `sha256:${manifest.digest}`,
        size: manifest.size,
        platform: { os: 'linux', architecture: 'amd64' },
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
    ],
  };
}

async function writeBlob(tar: Pack, blob: ArchiveBlob): Promise<void> {
  const entry = tar.entry({ ...ENTRY, name: `blobs/sha256/${blob.digest}`, size: blob.size });
  await pipeline(unchanged(blob), entry);
}

/* The name in the archive is the digest of what was there when the image was planned. */
async function* unchanged(blob: ArchiveBlob): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of blob.open()) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== blob.digest)
    throw new CleanroomError(
      'IMAGE_DIGEST_MISMATCH',
      'a file of the image changed while the image was built',
    );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}
