// `blob inspect`, `verify`, `rewrap`: sealed blobs on disk or in storage, without and with keys.

import type { KeyObject } from 'node:crypto';

import { sha256Hex } from '../base/bytes/digest.js';
import type { ContractDataset, PublicKeyJwk } from '../contract/schema.js';
import { writeStreamAtomic } from '../base/files/streamed-output.js';
import { replaceRecipients } from '../sealed-blob/engine/header-keys.js';
import {
  headerSize,
  isVaultKeyId,
  parseHeader,
  type ProtectedHeader,
  type SealedHeader,
} from '../sealed-blob/format/header.js';
import { HEADER_OFFSET, PAYLOAD_HEADER_SIZE, payloadShape } from '../sealed-blob/format/layout.js';
import { findDataKey } from '../sealed-blob/engine/open.js';
import { type ContentDigest, digestOfStream } from '../sealed-blob/engine/payload-digest.js';
import type { RecipientKey } from '../keys/recipient-key.js';
import { sealedBlobRejected } from '../sealed-blob/format/rejected.js';
import { requireRecipients } from '../sealed-blob/engine/seal.js';
import {
  appraiseSealStatement,
  statementOfHeader,
  verifySealStatements,
} from '../sealed-blob/statement/seal-statement.js';
import { wrapDataKey } from '../sealed-blob/engine/wrap.js';
import { type Check, CheckList } from '../base/verdict/check.js';
import { prependChunk } from './seal-file.js';
import type { SealedLocation } from '../ports/sealed-location.js';

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
 * What a sealed blob says of itself; nothing of it is authenticated without a key.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, and as the location
 */
export async function inspectSealed(location: SealedLocation): Promise<SealedFileView> {
  return view(await readSealedHeader(location), location.size);
}

export interface SealExpectations {
  /** What stands beside the blob. */
  readonly statements: string;
  readonly ownerKey: PublicKeyJwk;
  /** Digest of the contract. */
  readonly contract: string;
  readonly dataset: ContractDataset;
}

/**
 * Checks a sealed blob without a key: header, length, segments, and its digests against the owner's seal statement.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED, SEAL_STATEMENT_REJECTED, and as the location
 */
export async function verifySealed(
  location: SealedLocation,
  { statements, ownerKey, contract, dataset }: SealExpectations,
): Promise<readonly Check[]> {
  const header = await readSealedHeader(location);
  const seen = view(header, location.size);
  const checks = new CheckList();
  const first = (await location.read(header.raw.length, PAYLOAD_HEADER_SIZE))[0];
  checks.record('SEAL_STRUCTURE', first === PAYLOAD_HEADER_SIZE, {
    expected: `a payload header of ${PAYLOAD_HEADER_SIZE} bytes`,
    actual: `${seen.segments} segments, ${seen.plaintextBytes} bytes of text`,
  });
  const statement = statementOfHeader(verifySealStatements(statements, ownerKey), seen.header);
  checks.pass('SEAL_SIGNATURE', { actual: `dataset ${statement.dataset}, version ${statement.version}` });
  const payload = await digestOfStream(location.stream(header.raw.length));
  const facts = { contract, dataset: dataset.id, key: dataset.key, protected: header.protected };
  const appraised = appraiseSealStatement(statement, {
    ...facts,
    header: seen.header,
    payload,
  });
  return [...checks.list(), ...appraised];
}

/** Header at the front of a blob. @throws CleanroomError SEALED_BLOB_REJECTED */
export async function readSealedHeader(location: SealedLocation): Promise<SealedHeader> {
  if (location.size < HEADER_OFFSET) throw sealedBlobRejected();
  const size = headerSize(await location.read(0, HEADER_OFFSET));
  if (size > location.size) throw sealedBlobRejected();
  return parseHeader(await location.read(0, size));
}

/**
 * The header that gives the blob's data key to other recipients.
 *
 * @throws CleanroomError SEALED_BLOB_REJECTED where the identity does not open the blob; USAGE for its recipients
 */
export async function rewrapHeader(
  header: SealedHeader,
  identity: KeyObject,
  recipients: readonly RecipientKey[],
): Promise<SealedHeader> {
  requireRecipients(recipients);
  const dataKey = await findDataKey(header, () => [identity]);
  try {
    const entries = recipients.map((recipient) => wrapDataKey(dataKey, recipient));
    return replaceRecipients(header, entries, dataKey);
  } finally {
    dataKey.fill(0);
  }
}

export interface RewrapInput {
  readonly output: string;
  readonly identity: KeyObject;
  readonly recipients: readonly RecipientKey[];
  readonly signal: AbortSignal;
}

/**
 * Writes the same payload behind a header for other recipients. The file at `output` (which may be the one that is read)
 * is replaced whole, so that there is a readable blob at any moment.
 *
 * @throws CleanroomError as rewrapHeader, FILE_UNWRITABLE
 */
export async function rewrapSealedFile(
  location: SealedLocation,
  { output, identity, recipients, signal }: RewrapInput,
): Promise<SealedFileView> {
  const header = await readSealedHeader(location);
  const replaced = await rewrapHeader(header, identity, recipients);
  const chunks = prependChunk(replaced.raw, location.stream(header.raw.length));
  await writeStreamAtomic(output, chunks, { mode: 0o644, signal });
  return view(replaced, location.size - header.raw.length + replaced.raw.length);
}

/** @throws CleanroomError SEALED_BLOB_REJECTED where no payload has that length */
export function view(header: SealedHeader, size: number): SealedFileView {
  const payloadBytes = size - header.raw.length;
  const { segments, plaintextBytes } = payloadShape(payloadBytes);
  return {
    protected: header.protected,
    recipients: recipientsOf(header),
    header: { sha256: sha256Hex(header.raw), bytes: header.raw.length },
    payloadBytes,
    plaintextBytes,
    segments,
  };
}

/** The recipients of a header, with their fingerprints. */
export function recipientsOf({ recipients }: SealedHeader): readonly SealedRecipientView[] {
  return recipients.map(({ header: { alg, kid, jkt } }) => ({
    alg,
    kid,
    jkt: jkt ?? (isVaultKeyId(kid) ? null : kid),
  }));
}
