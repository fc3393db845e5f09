// Header of a sealed blob: JWE general form without the ciphertext. Ours carry a MAC of the recipients in each entry, said
// in `protected`, so that no bit can be changed, and no MAC taken out, by one who does not hold the data key
// (docs/reference/sealed-format.md §3). A header without it is read as well.

import * as v from 'valibot';

import { concatBytes, decodeUtf8, equalBytes, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { HEADER_OFFSET, MAGIC, MAX_HEADER_BYTES } from './layout.js';
import { sealedBlobRejected } from './rejected.js';

export const PAYLOAD_ENCRYPTION = 'AES256-GCM-HKDF-1MB';
export const MAX_RECIPIENTS = 256;

export const RECIPIENTS_MAC = 'HMAC-SHA256';

/** Media types of what is sealed: one text, several documents in our framing (documents.ts), or bytes that nobody looked at. */
export const TEXT_MEDIA_TYPE = 'text/plain; charset=utf-8';
export const DOCUMENTS_MEDIA_TYPE = 'application/vnd.cleanroom.documents';
export const BYTES_MEDIA_TYPE = 'application/octet-stream';

const Base64Url = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]+$/),
  v.maxLength(4096),
  // Without spare bits: node:crypto would overlook them in a JWK.
  v.check((text) => fromBase64Url(text) !== null),
);
/* 32 bytes; the last character has two bits that must be zero. */
const Thumbprint = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/));
const KeyId = v.pipe(v.string(), v.minLength(1), v.maxLength(512), v.regex(/^[\x21-\x7e]+$/));

const EphemeralKey = v.strictObject({
  kty: v.literal('EC'),
  crv: v.picklist(['P-256', 'P-384', 'P-521']),
  x: Base64Url,
  y: Base64Url,
});

/* `jkt` may be absent where `kid` is the thumbprint already; `mac` is there in every entry or in none. */
const common = { kid: KeyId, jkt: v.optional(Thumbprint), mac: v.optional(Thumbprint) };

const Recipient = v.strictObject({
  header: v.variant('alg', [
    v.strictObject({ alg: v.literal('RSA-OAEP-256'), ...common }),
    v.strictObject({ alg: v.literal('ECDH-ES+A256KW'), ...common, epk: EphemeralKey }),
  ]),
  encrypted_key: Base64Url,
});

const Protected = v.strictObject({
  enc: v.literal(PAYLOAD_ENCRYPTION),
  /** Media type of the plaintext. */
  cty: v.optional(v.picklist([TEXT_MEDIA_TYPE, DOCUMENTS_MEDIA_TYPE, BYTES_MEDIA_TYPE]), BYTES_MEDIA_TYPE),
  /** Says that every entry of `recipients` carries a MAC. */
  mac: v.optional(v.literal(RECIPIENTS_MAC)),
  /** Commits to the data key; absent in blobs of earlier versions. */
  commit: v.optional(Thumbprint),
  /** Contract digest, dataset id and dataset version: all three, or none. */
  contract: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  dataset: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/))),
  version: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))),
});

const HeaderJson = v.strictObject({
  protected: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/)),
  recipients: v.pipe(v.array(Recipient), v.minLength(1), v.maxLength(MAX_RECIPIENTS)),
});

export type RecipientEntry = v.InferOutput<typeof Recipient>;
export type ProtectedHeader = v.InferOutput<typeof Protected>;

/** A header that is well formed; who wrote it is not known. */
export interface SealedHeader {
  /** Magic, length and header JSON: everything before the payload. */
  readonly raw: Uint8Array;
  readonly protected: ProtectedHeader;
  readonly recipients: readonly RecipientEntry[];
  /** Bound to every segment: magic and the ASCII of `protected` as it stands in the header. */
  readonly associatedData: Uint8Array;
}

/** The header that stands before the payload: `encoded` is `protected` as it is to stand, BASE64URL. */
export function assembleHeader(encoded: string, recipients: readonly RecipientEntry[]): SealedHeader {
  const json = utf8(JSON.stringify({ protected: encoded, recipients }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return parseHeader(concatBytes(MAGIC, length, json));
}

/** `protected` as it stands in the header: BASE64URL. */
export function encodedProtected(header: SealedHeader): string {
  return decodeUtf8(header.associatedData.subarray(MAGIC.length)) ?? '';
}

/**
 * Length of magic, length field and header, from the first 12 bytes of a blob.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED
 */
export function headerSize(start: Uint8Array): number {
  if (start.length < HEADER_OFFSET || !equalBytes(start.subarray(0, MAGIC.length), MAGIC)) {
    throw sealedBlobRejected();
  }
  const length = new DataView(start.buffer, start.byteOffset).getUint32(MAGIC.length);
  if (length === 0 || length > MAX_HEADER_BYTES) throw sealedBlobRejected();
  return HEADER_OFFSET + length;
}

/**
 * Reads a header: `bytes` is exactly magic, length and header JSON.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED for unknown members, duplicate keys, and counts beyond the limits.
 */
export function parseHeader(bytes: Uint8Array): SealedHeader {
  if (headerSize(bytes) !== bytes.length) throw sealedBlobRejected();
  const raw = bytes.slice();
  const header = readJson(HeaderJson, raw.subarray(HEADER_OFFSET));
  const protectedBytes = fromBase64Url(header.protected);
  if (protectedBytes === null) throw sealedBlobRejected();
  const protectedHeader = readJson(Protected, protectedBytes);
  const bound = [protectedHeader.contract, protectedHeader.dataset, protectedHeader.version];
  if (bound.some((part) => part === undefined) && bound.some((part) => part !== undefined)) {
    throw sealedBlobRejected();
  }
  if (!header.recipients.every((entry) => isConsistent(entry, protectedHeader))) throw sealedBlobRejected();
  return {
    raw,
    protected: protectedHeader,
    recipients: header.recipients,
    associatedData: concatBytes(MAGIC, utf8(header.protected)),
  };
}

/* A MAC in every entry or in none, as `protected` says; without one, at least `kid` and `jkt` say the same. */
function isConsistent({ header: { kid, jkt = kid, mac } }: RecipientEntry, { mac: claim }: ProtectedHeader) {
  if (claim !== undefined) return mac !== undefined;
  return mac === undefined && (kid === jkt || isVaultKeyId(kid));
}

/** Whether a recipient's `kid` is the URL of a key in a vault, with version. */
export function isVaultKeyId(kid: string): boolean {
  return /^https:\/\/[^/?#]+\/keys\/[^/?#]+\/[^/?#]+$/.test(kid);
}

function readJson<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> {
  try {
    const outcome = v.safeParse(schema, parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 }));
    if (outcome.success) return outcome.output;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
  }
  throw sealedBlobRejected();
}
