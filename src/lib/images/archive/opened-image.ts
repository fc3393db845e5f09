// An image as the reader of one form of archive delivers it.

import type { ImageConfig } from '../../cce-policy/measured-image.js';
import type { ArchiveLayer } from './layer-blob.js';

export interface OpenedImage {
  readonly form: 'docker' | 'oci';
  /** `sha256:…` of the image manifest; null in docker archives, which have none. */
  readonly manifestDigest: string | null;
  /** `sha256:…` of the config document: the image id of docker. */
  readonly configDigest: string;
  readonly config: ImageConfig;
  /** Base layer first; at least one. */
  readonly layers: readonly ArchiveLayer[];
  /** Names that the archive gives the image; nothing proves them. */
  readonly names: readonly string[];
  /** What a reader should be told, such as which platform was taken of several. */
  readonly remarks: readonly string[];
  /** The stored config document and, in an OCI layout, manifest: exact bytes. */
  readonly documents: { readonly config: Uint8Array; readonly manifest: Uint8Array | null };
}
