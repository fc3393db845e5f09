// An image archive put into the registry without the network: the emulator's own stand-in sidecar.

import type { ImageStore } from './image-store.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { asObject } from '../http/messages.js';
import { type BlobSource, openBlobSource } from '../../images/archive/blob-source.js';

/**
 * Copies the image of an OCI archive into `repository`.
 *
 * @param manifestDigest - of the image in the archive.
 * @returns its digest. @throws Error for an archive that lacks a part, or holds one with another digest.
 */
export async function loadArchive(
  store: ImageStore,
  archivePath: string,
  repository: string,
  manifestDigest: string,
): Promise<void> {
  const source = await openBlobSource(archivePath);
  try {
    const manifest = await readBlob(source, manifestDigest);
    const document = asObject(parseStrictJson(manifest.toString('utf8')));
    const layers = (document?.['layers'] ?? []) as readonly { readonly digest: string }[];
    const config = document?.['config'] as { readonly digest: string } | undefined;
    for (const { digest } of [...(config === undefined ? [] : [config]), ...layers])
      await copyBlob(source, store, digest);
    await store.putManifest(repository, 'latest', {
      digest: `sha256:${sha256Hex(manifest)}`,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      bytes: manifest,
    });
  } finally {
    await source.close();
  }
}

async function copyBlob(source: BlobSource, store: ImageStore, digest: string): Promise<void> {
  const hex = digest.slice(7);
  if ((await store.blobSize(hex)) !== null) return;
  const blob = await source.find(`blobs/sha256/${hex}`);
  if (blob === null) throw new Error(`the archive has no ${digest}`);
  const upload = await store.beginUpload();
  await store.append(upload, blob.open());
  if (!(await store.finishUpload(upload, hex))) throw new Error(`${digest} is damaged in the archive`);
}

async function readBlob(source: BlobSource, digest: string): Promise<Buffer> {
  const blob = await source.find(`blobs/sha256/${digest.slice(7)}`);
  if (blob === null) throw new Error(`the archive has no ${digest}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
