// What one walk over a model has seen so far, and how it ends.

import type { ByteSource } from './protobuf.js';

/** Why a model is not loaded. Holds names that the model chose, cut and escaped; no numbers of it. */
export class Refusal extends Error {}

/* An export of bart-large has some 6,000 nodes and 60,000 fields. */
const MAX_FIELDS = 2_000_000;
const MAX_NODES = 100_000;

export class Walk {
  private fields = 0;
  private nodes = 0;

  constructor(readonly source: ByteSource) {}

  refuse(what: string): never {
    throw new Refusal(what);
  }

  /** Counts a field. */
  step(): void {
    if (++this.fields > MAX_FIELDS) this.refuse(`it has more than ${MAX_FIELDS} fields`);
  }

  countNode(): void {
    if (++this.nodes > MAX_NODES) this.refuse(`it has more than ${MAX_NODES} operators`);
  }
}

/** A name from a model, for people. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
