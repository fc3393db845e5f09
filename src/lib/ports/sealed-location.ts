// Where a sealed blob is: on disk, or in storage (src/lib/azure/stored-blob.ts). Read in pieces, never held whole.

/** Everything that is read through one location is of one and the same version of the blob. */
export interface SealedLocation {
  /** For messages: path, or URL without its query. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Everything from `offset` to the end. */
  stream(offset: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A sealed blob in storage whose header is a block of its own. */
export interface StoredSealedBlob extends SealedLocation {
  /** Puts another header before the payload, in one step, if the blob is still the one that was opened. */
  replaceHeader(old: Uint8Array, replacement: Uint8Array): Promise<void>;
}
