// Image archives: docker save (old and new layout) and OCI layouts, as a tar or a directory, behind one interface.

import { CleanroomError } from '../../base/errors.js';
import { type BlobSource, openBlobSource } from './blob-source.js';
import { openDockerImage } from './docker-archive.js';
import { openOciImage } from './oci-layout.js';
import type { OpenedImage } from './opened-image.js';
import { DEFAULT_PLATFORM, type Platform } from './platform.js';

export interface ImageArchive extends OpenedImage {
  readonly path: string;
  close(): Promise<void>;
}

export interface OpenImageOptions {
  /** linux/amd64 if absent: the only one that confidential container groups run. */
  readonly platform?: Platform;
  /** Which image of an archive with several: a tag, or a digest `sha256:…`. */
  readonly reference?: string;
}

/**
 * Opens an archive and reads its documents; layers are read when they are opened. Every document is checked against its digest.
 *
 * @param path - a tar file (not compressed as a whole) or a directory.
 * @throws CleanroomError FILE_NOT_FOUND, TAR_MALFORMED, IMAGE_ARCHIVE_REFUSED (hostile), IMAGE_ARCHIVE_MALFORMED,
 *   IMAGE_DIGEST_MISMATCH, IMAGE_PLATFORM, IMAGE_AMBIGUOUS, IMAGE_LAYER_MISSING
 */
export async function openImageArchive(path: string, options: OpenImageOptions = {}): Promise<ImageArchive> {
  const source = await openBlobSource(path);
  try {
    const opened = await openImage(source, path, {
      platform: options.platform ?? DEFAULT_PLATFORM,
      reference: options.reference,
    });
    return { ...opened, path, close: () => source.close() };
  } catch (cause) {
    await source.close();
    throw cause;
  }
}

async function openImage(
  source: BlobSource,
  path: string,
  wanted: { readonly platform: Platform; readonly reference: string | undefined },
): Promise<OpenedImage> {
  const index = await source.find('index.json');
  if (index !== null) return openOciImage(source, index, wanted);
  const manifest = await source.find('manifest.json');
  if (manifest !== null) return openDockerImage(source, manifest, wanted);
  throw new CleanroomError(
    'IMAGE_ARCHIVE_MALFORMED',
    `${path} has no index.json (OCI layout) and no manifest.json (docker save)`,
  );
}
