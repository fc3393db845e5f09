// What is known of a container image once its archive has been read: never made up, never taken from a label.

import type { Sha256Hex } from '../base/bytes/digest.js';

/** The members of an OCI image config that decide what runs (OCI image-spec 1.1, config.md). */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  /** `NAME=VALUE`, in the order of the image. */
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly stopSignal: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** What else it says of how it is run, by name: `Volumes`, `Healthcheck`, `Shell`. No policy reads it. */
  readonly further?: readonly string[];
}

export interface MeasuredLayer {
  /** SHA-256 of the uncompressed tar. */
  readonly diffId: Sha256Hex;
  /** dm-verity root hash of the layer's ext4 image. */
  readonly rootHash: Sha256Hex;
  /** Size of the uncompressed tar, bytes. */
  readonly bytes: number;
}

export interface MeasuredImage {
  /** The reference under which the image is deployed, `name@sha256:…`. */
  readonly reference: string;
  /** Base layer first; never empty. */
  readonly layers: readonly MeasuredLayer[];
  readonly config: ImageConfig;
}
