// Parts: the summary of one document, left in storage for the other rooms of the same run. Sealed under a key that exists
// in attested rooms with these very inputs only, so that the host can neither read a part, nor make or move one.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import * as v from 'valibot';

import type { ReadReceipt } from '../evidence/receipt.js';
import { type SignedReceipt, verifyReceipt } from '../evidence/receipt-signature.js';
import { encodeStoredPart, parseStoredPart } from '../evidence/stored-part.js';
import { concatBytes, decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url, toBase64Url } from '../base/bytes/base64.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { blobUrl } from '../contract/room-plan.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { ERROR_CODES } from '../base/error-codes.js';
import type { ErrorCode } from '../base/errors.js';
import type { BlobAddress, BlobClient } from './blob-client.js';
import type { ParsedContract } from '../contract/check.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_PART_BYTES = 4 * 1024 * 1024;

const Key = v.strictObject({ kty: v.literal('EC'), crv: v.literal('P-256'), x: v.string(), y: v.string() });
const Content = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-part'),
  /** Null where no summary can be made of the document. */
  summary: v.nullable(
    v.strictObject({ text: v.string(), tokens: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  ),
  /** Error code where there is no summary. */
  failure: v.nullable(v.string()),
  /** Unknown outside rooms, so that nobody can try summaries against the receipt's digest. */
  salt: v.string(),
  /** Key that signs the receipts of the room that made the part. */
  receiptKey: Key,
});

type Content = v.InferOutput<typeof Content>;

/** The run that parts belong to: nothing of one run is taken for one of another. */
export interface Run {
  readonly parsed: ParsedContract;
  /** Digest of the set of inputs. */
  readonly inputs: Sha256Hex;
  /** How many documents there are. */
  readonly documents: number;
  /** What summaries are made with: model, lengths, beams. */
  readonly parameters: string;
  /** 32 bytes; see `derivePartKey`. */
  readonly key: Uint8Array;
}

/** A part that a room of this run made, with the receipt that it signed. */
export interface Part {
  readonly index: number;
  readonly summary: { readonly text: string; readonly tokens: number } | null;
  readonly failure: ErrorCode | null;
  readonly receipt: ReadReceipt;
}

/** The key that seals parts: from the released keys of all datasets, for one set of inputs under one contract. */
export function derivePartKey(
  released: readonly Uint8Array[],
  contract: Sha256Hex,
  inputs: Sha256Hex,
): Uint8Array {
  const salt = utf8(`${contract}${inputs}`);
  return new Uint8Array(hkdfSync('sha256', concatBytes(...released), salt, utf8('cleanroom-part-v1'), 32));
}

export interface PartStoreOptions {
  readonly client: BlobClient;
  readonly sas: string;
  readonly run: Run;
}

export interface PartStore {
  /** The part of a document; null where there is none, or one that no room of this run made. */
  read(index: number): Promise<Part | null>;
  /**
   * Stores a part, once: the first one stays.
   *
   * @param sign - makes the receipt for the digests of content and sealed form.
   * @returns false where another room was quicker.
   */
  write(index: number, made: MadePart, sign: SignPart, receiptKey: PublicKeyJwk): Promise<boolean>;
}

export type MadePart = Pick<Part, 'summary' | 'failure'>;
export type SignPart = (output: { readonly digest: Sha256Hex; readonly sealed: Sha256Hex }) => SignedReceipt;

export function openPartStore({ client, sas, run }: PartStoreOptions): PartStore {
  const address = (index: number): BlobAddress => ({
    url: `${blobUrl(run.parsed.contract.room.resultBlob)}.part-${index}.json`,
    sas,
  });
  const readStored = async (index: number): Promise<Part | null> => {
    const stored = await client.read(address(index), MAX_PART_BYTES);
    return stored === null ? null : openPart(run, index, decodeUtf8(stored.bytes) ?? '');
  };
  return {
    read: readStored,
    write: async (index, made, sign, { kty, crv, x, y }) => {
      const salt = toBase64Url(randomBytes(16));
      const receiptKey = { kty, crv, x, y };
      const plaintext = utf8(canonicalJson({ v: 1, use: 'cleanroom-part', ...made, salt, receiptKey }));
      const sealed = seal(run, index, plaintext);
      const { jws } = sign({ digest: sha256Hex(plaintext), sealed: sha256Hex(sealed) });
      const text = encodeStoredPart({ sealed, receipt: jws });
      if ((await client.write(address(index), utf8(text), { ifNoneMatch: '*' })) !== null) return true;
      /* What no room of this run made is in the way of one that is. */
      const there = await client.find(address(index));
      if (there === null || (await readStored(index)) !== null) return false;
      return (await client.write(address(index), utf8(text), { ifMatch: there.etag })) !== null;
    },
  };
}

function seal(run: Run, index: number, plaintext: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', run.key, nonce);
  cipher.setAAD(associatedData(run, index));
  return toBase64Url(concatBytes(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()));
}

/* Everything that is not exactly a part of this run is no part: the host may put there what it likes. */
function openPart(run: Run, index: number, text: string): Part | null {
  const stored = parseStoredPart(text);
  if (stored === null) return null;
  try {
    const plaintext = unseal(run, index, fromBase64Url(stored.sealed) ?? new Uint8Array(0));
    const content = v.parse(Content, parseStrictJson(decodeUtf8(plaintext) ?? '', { maxDepth: 4 }));
    const receipt = verifyReceipt(stored.receipt, content.receiptKey);
    if (!isReceiptOf(receipt, { run, index, plaintext, sealed: stored.sealed })) return null;
    return { index, summary: content.summary, failure: readCode(content), receipt };
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function unseal(run: Run, index: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new RangeError('too short');
  const decipher = createDecipheriv('aes-256-gcm', run.key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(associatedData(run, index));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  return concatBytes(text, decipher.final());
}

function associatedData({ parsed, inputs, documents, parameters }: Run, index: number): Uint8Array {
  return utf8(canonicalJson({ contract: parsed.digest, inputs, documents, parameters, index }));
}

interface ReceiptedPart {
  readonly run: Run;
  readonly index: number;
  readonly plaintext: Uint8Array;
  readonly sealed: string;
}

function isReceiptOf({ receipt }: ReadReceipt, { run, index, plaintext, sealed }: ReceiptedPart): boolean {
  return (
    receipt.contract === run.parsed.digest &&
    receipt.inputsDigest === run.inputs &&
    receipt.work?.document === index &&
    receipt.work.of === run.documents &&
    receipt.output?.digest === sha256Hex(plaintext) &&
    receipt.output.sealed === sha256Hex(sealed)
  );
}

function readCode({ failure, summary }: Content): ErrorCode | null {
  if (failure === null) return summary === null ? 'INTERNAL' : null;
  return failure in ERROR_CODES ? (failure as ErrorCode) : 'INTERNAL';
}
