// OCI content descriptors and the documents they lead to (OCI image-spec 1.1), read strictly and checked against their digests.

import { createHash } from 'node:crypto';

import * as v from 'valibot';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseSha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import type { StoredBlob } from './blob-source.js';

/** Manifests, indexes and configs; far above any real one. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const DigestSchema = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is not a sha256 digest'));
const SizeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/* Other members are allowed: the specification wants unknown ones ignored. */
export const DescriptorSchema = v.looseObject({
  mediaType: v.optional(v.string(), ''),
  digest: DigestSchema,
  size: SizeSchema,
  platform: v.optional(
    v.looseObject({
      os: v.string(),
      architecture: v.string(),
      variant: v.optional(v.string()),
    }),
  ),
  annotations: v.optional(v.nullable(v.record(v.string(), v.string()))),
});
export type Descriptor = v.InferOutput<typeof DescriptorSchema>;

/** An index or a manifest; which one it is shows in its members, as old ones have no mediaType. */
export const ManifestSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  config: v.optional(DescriptorSchema),
  layers: v.optional(v.pipe(v.array(DescriptorSchema), v.maxLength(512))),
  manifests: v.optional(v.pipe(v.array(DescriptorSchema), v.maxLength(1024))),
});
export type Manifest = v.InferOutput<typeof ManifestSchema>;

/** The hex part of `sha256:…`; the schema has proved that it is one. */
export function digestHex(descriptor: Pick<Descriptor, 'digest'>): Sha256Hex {
  const hex = parseSha256Hex(descriptor.digest.slice('sha256:'.length));
  if (hex === null) throw new CleanroomError('IMAGE_ARCHIVE_MALFORMED', 'a digest is not a sha256 digest');
  return hex;
}

/** Reads a JSON document of an archive into `schema`; `what` names it in errors. @throws CleanroomError IMAGE_ARCHIVE_MALFORMED */
export function parseDocument<S extends v.GenericSchema>(
  bytes: Uint8Array,
  schema: S,
  what: string,
): v.InferOutput<S> {
  const text = decodeUtf8(bytes);
  if (text === null) throw malformed(what, 'is not UTF-8');
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    throw malformed(what, describeCause(cause));
  }
  const outcome = v.safeParse(schema, value);
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  throw malformed(what, `${v.getDotPath(issue) ?? 'document'}: ${issue.message}`);
}

/** All bytes of a document. @throws CleanroomError IMAGE_ARCHIVE_MALFORMED if it is larger than a document may be */
export async function readDocument(blob: StoredBlob, what: string): Promise<Uint8Array> {
  if (blob.size > MAX_DOCUMENT_BYTES) throw malformed(what, `is larger than ${MAX_DOCUMENT_BYTES} bytes`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of blob.open()) {
    length += chunk.length;
    if (length > MAX_DOCUMENT_BYTES) throw malformed(what, `is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws CleanroomError IMAGE_DIGEST_MISMATCH unless `bytes` are what the descriptor says */
export function verifyDescriptor(descriptor: Descriptor, bytes: Uint8Array, what: string): void {
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== descriptor.size || actual !== digestHex(descriptor))
    throw digestMismatch(what, descriptor.digest, `sha256:${actual}`);
}

export function digestMismatch(what: string, expected: string, actual: string): CleanroomError {
  return new CleanroomError('IMAGE_DIGEST_MISMATCH', `${what} should be ${expected}, but is ${actual}`);
}

function malformed(what: string, problem: string): CleanroomError {
  return new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `${what}: ${problem}`);
}
