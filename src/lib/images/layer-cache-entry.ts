// An entry of the cache of root hashes, as it stands in its file.

import * as v from 'valibot';

import { CONVERTER } from './layer/constants.js';

const HexDigest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const EntrySchema = v.strictObject({
  converter: v.literal(CONVERTER),
  diffId: HexDigest,
  rootHash: HexDigest,
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ext4Bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  mac: HexDigest,
});

export type CacheEntry = v.InferOutput<typeof EntrySchema>;

/** Null where the value is no entry of this converter. Whether it counts, its MAC decides. */
export function parseCacheEntry(value: unknown): CacheEntry | null {
  const parsed = v.safeParse(EntrySchema, value);
  return parsed.success ? parsed.output : null;
}
