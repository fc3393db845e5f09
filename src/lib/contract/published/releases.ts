// Released versions of this toolkit's room, and the containers of others that a room may hold: one dated table, shipped beside
// the program and never inside an image.

import * as v from 'valibot';

import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hex'));
const Day = v.pipe(v.string(), v.isoDate());

const LayerSchema = v.strictObject({
  /** What the layer holds. */
  name: v.picklist(['system', 'node', 'packages', 'program']),
  /** SHA-256 of the uncompressed tar. */
  diffId: Sha256,
  /** dm-verity root hash. */
  rootHash: Sha256,
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

const ConfigSchema = v.strictObject({
  entrypoint: v.array(v.string()),
  env: v.array(v.string()),
  user: v.string(),
  workingDir: v.string(),
});

const ReleaseSchema = v.strictObject({
  version: v.pipe(v.string(), v.regex(/^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9a-f]{12})?$/)),
  date: Day,
  status: v.picklist(['current', 'old', 'withdrawn']),
  /** npm integrity of the published package. */
  integrity: v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/)),
  /** SHA-256 of the release's room.lock.json. */
  lock: Sha256,
  /** Lowest first; a room's model lies below them. */
  layers: v.pipe(v.array(LayerSchema), v.minLength(1)),
  config: ConfigSchema,
});

const SidecarSchema = v.strictObject({
  /** `sha256:…` of the image's manifest. */
  digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
  /** Null where it is not known. */
  tag: v.nullable(v.string()),
  /** dm-verity root hashes, lowest first; null where nobody has measured them for this table. */
  layers: v.nullable(v.pipe(v.array(Sha256), v.minLength(1))),
  /** Where the digest was seen, and when. */
  source: v.string(),
  date: Day,
  status: v.picklist(['current', 'old', 'withdrawn', 'seen']),
});

const TableSchema = v.strictObject({
  v: v.literal(1),
  date: Day,
  releases: v.array(ReleaseSchema),
  sidecars: v.array(SidecarSchema),
});

export type ReleaseTable = v.InferOutput<typeof TableSchema>;
export type KnownRelease = v.InferOutput<typeof ReleaseSchema>;
export type KnownLayer = v.InferOutput<typeof LayerSchema>;
export type KnownConfig = v.InferOutput<typeof ConfigSchema>;
export type KnownSidecar = v.InferOutput<typeof SidecarSchema>;

/** Reads a table; versions and digests stand in it once. @throws CleanroomError RELEASES_INVALID */
export function parseReleaseTable(text: string): ReleaseTable {
  let table: ReleaseTable;
  try {
    table = v.parse(TableSchema, parseStrictJson(text));
  } catch (cause) {
    throw new CleanroomError('RELEASES_INVALID', `the table of releases: ${describeCause(cause)}`, { cause });
  }
  for (const keys of [
    table.releases.map(({ version }) => version),
    table.sidecars.map(({ digest }) => digest),
  ]) {
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined)
      throw new CleanroomError('RELEASES_INVALID', `the table of releases has ${twice} twice`);
  }
  return table;
}
