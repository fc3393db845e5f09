// `blob inspect`, `verify`, `rewrap`: sealed files, without and with keys.

import { createHash, type KeyObject } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

import { sha256Hex, type Sha256Hex } from '../bytes/digest.js';
import type { Contract, ContractParty, PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { type ByteReader, readBytes, readHandle } from '../files/byte-reader.js';
import { fileError } from '../files/read-bounded.js';
import { writeStreamAtomic } from '../files/streamed-output.js';
import {
  isVaultKeyId,
  type ProtectedHeader,
  replaceRecipients,
  type SealedHeader,
} from '../sealed-blob/header.js';
import { payloadShape } from '../sealed-blob/layout.js';
import { findDataKey, readHeader } from '../sealed-blob/open.js';
import type { ContentDigest } from '../sealed-blob/payload-digest.js';
import type { RecipientKey } from '../sealed-blob/recipient-key.js';
import { requireRecipients } from '../sealed-blob/seal.js';
import { verifySealStatement } from '../sealed-blob/seal-statement.js';
import { wrapDataKey } from '../sealed-blob/wrap.js';
import { type Check, CheckList } from '../verdict/check.js';

const CHUNK = 1024 * 1024;

export interface SealedRecipientView {
  readonly alg: string;
  readonly kid: string;
  /** Thumbprint of the key; null where the blob's writer left it out. */
  readonly jkt: string | null;
}

export interface SealedFileView {
  readonly protected: ProtectedHeader;
  readonly recipients: readonly SealedRecipientView[];
  readonly header: ContentDigest;
  readonly payloadBytes: number;
  readonly plaintextBytes: number;
  readonly segments: number;
}

/**
 * What a sealed file says of itself; nothing of it is authenticated without a key.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function inspectSealedFile(path: string): Promise<SealedFileView> {
  return withFile(path, async (file, size) => {
    const header = await readHeader(readHandle(file));
    return view(header, size);
  });
}

/**
 * Checks a sealed file without a key: its structure, and its digests against the owner's seal statement.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, SEAL_STATEMENT_REJECTED, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function verifySealedFile(
  path: string,
  statement: { readonly raw: string; readonly ownerKey: PublicKeyJwk; readonly dataset: string },
): Promise<readonly Check[]> {
  return withFile(path, async (file, size) => {
    const reader = readHandle(file);
    const header = await readHeader(reader);
    const seen = view(header, size);
    const checks = new CheckList();
    checks.pass('SEAL_STRUCTURE', {
      actual: `${seen.segments} segments, ${seen.plaintextBytes} bytes of text`,
    });
    const stated = verifySealStatement(statement.raw, statement.ownerKey);
    checks.pass('SEAL_SIGNATURE', { actual: `dataset ${stated.dataset}, version ${stated.version}` });
    compare(checks, 'SEAL_DATASET', statement.dataset, stated.dataset);
    const { contract = '', dataset = '', version = '' } = header.protected;
    compare(
      checks,
      'SEAL_PROTECTED',
      [stated.contract, stated.dataset, stated.version].join(' '),
      [contract, dataset, version].join(' '),
    );
    compare(checks, 'SEAL_HEADER', describe(stated.header), describe(seen.header));
    compare(checks, 'SEAL_PAYLOAD', describe(stated.payload), describe(await digestRest(reader)));
    return checks.list();
  });
}

/** The owner of a dataset. @throws CleanroomError DATASET_UNKNOWN */
export function ownerOf(contract: Contract, datasetId: string): ContractParty {
  const dataset = contract.datasets.find(({ id }) => id === datasetId);
  const owner = contract.parties.find(({ id }) => id === dataset?.owner);
  if (owner !== undefined) return owner;
  throw new CleanroomError('DATASET_UNKNOWN', `the contract has no dataset ${datasetId}`);
}

export interface RewrapInput {
  readonly path: string;
  readonly output: string;
  readonly identity: KeyObject;
  readonly recipients: readonly RecipientKey[];
  readonly signal: AbortSignal;
}

/**
 * Gives the data key to other recipients: a new header before the same payload. The file at `output` (which may be the
 * one that is read) is replaced whole, so that there is a readable blob at any moment.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED where the identity does not open the blob
 */
export function rewrapSealedFile(input: RewrapInput): Promise<SealedFileView> {
  requireRecipients(input.recipients);
  return withFile(input.path, async (file, size) => {
    const reader = readHandle(file);
    const header = await readHeader(reader);
    const dataKey = await findDataKey(header, () => [input.identity]);
    const entries = input.recipients.map((recipient) => wrapDataKey(dataKey, recipient));
    const replaced = replaceRecipients(header, entries, dataKey);
    dataKey.fill(0);
    await writeStreamAtomic(input.output, prependTo(replaced.raw, reader), {
      mode: 0o644,
      signal: input.signal,
    });
    return view(replaced, size - header.raw.length + replaced.raw.length);
  });
}

function view(header: SealedHeader, size: number): SealedFileView {
  const payloadBytes = size - header.raw.length;
  const { segments, plaintextBytes } = payloadShape(payloadBytes);
  return {
    protected: header.protected,
    recipients: header.recipients.map(({ header: { alg, kid, jkt } }) => ({
      alg,
      kid,
      jkt: jkt ?? (isVaultKeyId(kid) ? null : kid),
    })),
    header: { sha256: sha256Hex(header.raw), bytes: header.raw.length },
    payloadBytes,
    plaintextBytes,
    segments,
  };
}

async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

async function digestRest(reader: ByteReader): Promise<ContentDigest> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  let bytes = 0;
  for (let read = CHUNK; read === CHUNK; bytes += read) {
    read = await reader.readInto(chunk);
    hash.update(chunk.subarray(0, read));
  }
  return { sha256: hash.digest('hex') as Sha256Hex, bytes };
}

async function* prependTo(
  first: Uint8Array,
  reader: ByteReader,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (;;) {
    const chunk = await readBytes(reader, CHUNK);
    yield chunk;
    if (chunk.length < CHUNK) return;
  }
}

function compare(checks: CheckList, id: string, expected: string, actual: string): void {
  checks.record(id, expected === actual, { expected, actual });
}

function describe({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }): string {
  return `${sha256} ${bytes} bytes`;
}
