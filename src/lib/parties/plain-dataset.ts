// What is to become a dataset: one text (file or stdin) or several documents; checked, fingerprinted for its owner, and
// sealed into a local file, which a run that was broken off finds again.

import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { makeDirectory } from '../base/files/make-directory.js';
import type { ByteReader } from '../base/files/byte-reader.js';
import { fileChanged } from '../base/files/descriptor.js';
import { type FileSeries, isSameSeries } from '../base/files/file-series.js';
import { writeStreamAtomic } from '../base/files/streamed-output.js';
import { payloadSize } from '../sealed-blob/format/layout.js';
import { createDigestTap, digestOf } from '../sealed-blob/engine/payload-digest.js';
import type { RecipientKey } from '../keys/recipient-key.js';
import { sealStream } from '../sealed-blob/engine/seal.js';
import { createBufferRing } from '../sealed-blob/engine/segmenter.js';
import { sealFilesAndDigest, WORTH_THREADS } from '../sealed-blob/engine/file-engine.js';
import type { PlainDataset, SealedDataset, SealLabels } from './encryption-input.js';
import { type ContentKind, openPlaintext, type Plaintext } from './plaintext-source.js';
import { openIntakeGauge } from './room-intake.js';
import { prependChunk } from './seal-file.js';
import { findSealedCopy, forgetSealedCopy, rememberSealedCopy } from './sealed-copy.js';

export interface PlainDatasetOptions {
  /** File, directory, pattern, or `-`. */
  readonly source: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** A model's files need not be text. */
  readonly kind: ContentKind;
  /** HMAC key of the owner's fingerprints (fingerprint-key.ts). */
  readonly fingerprintKey: Uint8Array;
  /** Where sealed files are kept until they are uploaded. */
  readonly workDirectory: string;
  /** What the sealing engine's threads run, where it is not the compiled program. */
  readonly engineEntry?: URL;
}

const CHUNK = 1024 * 1024;

/**
 * Opens a dataset; what can be read twice is read once here, to check that it is text and to know it again.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY, DOCUMENTS_INVALID, and FILE_TOO_LARGE,
 * TEXT_TOO_LARGE, MODEL_TOO_LARGE for more than a room takes
 */
export async function openPlainDataset(options: PlainDatasetOptions): Promise<PlainDataset> {
  const key = options.fingerprintKey;
  const known = options.source === '-' ? null : await readThrough(options, key);
  return {
    fingerprint: known?.fingerprint ?? null,
    sealedBytes: known === null ? null : payloadSize(known.bytes),
    documents: known?.documents ?? 1,
    seal: async (recipients, labels, signal) => {
      const path = join(options.workDirectory, `${labels.dataset}.v${labels.version}.sealed`);
      const copy = known === null ? null : await findSealedCopy(path, describe(recipients, labels, known));
      if (copy !== null) return copy;
      const sealed = await sealInto(path, { ...options, recipients, labels, key, signal, known });
      if (known !== null && sealed.fingerprint !== known.fingerprint) {
        await rm(path, { force: true });
        throw fileChanged(options.source);
      }
      await rememberSealedCopy(sealed, describe(recipients, labels, sealed));
      return sealed;
    },
    discard: forgetSealedCopy,
  };
}

interface Known {
  readonly fingerprint: string;
  readonly bytes: number;
  readonly documents: number;
  readonly series: FileSeries | null;
}

async function readThrough(options: PlainDatasetOptions, key: Uint8Array): Promise<Known> {
  const { source, stdin, kind } = options;
  const plaintext = await openPlaintext(source, stdin, kind);
  try {
    const { reader, taken } = fingerprinted(options, plaintext, key);
    const chunk = new Uint8Array(CHUNK);
    while ((await reader.readInto(chunk)) === CHUNK);
    return { ...taken(), documents: plaintext.documents, series: plaintext.series };
  } finally {
    await plaintext.close();
  }
}

interface Sealing extends PlainDatasetOptions {
  readonly recipients: readonly RecipientKey[];
  readonly labels: SealLabels;
  readonly key: Uint8Array;
  readonly signal: AbortSignal;
  /** What was read of it before; null for a pipe. */
  readonly known: Known | null;
}

async function sealInto(path: string, sealing: Sealing): Promise<SealedDataset> {
  const { source, stdin, kind, recipients, labels, key, signal, known, engineEntry } = sealing;
  await makeDirectory(dirname(path), 0o700);
  const plaintext = await openPlaintext(source, stdin, kind);
  try {
    const options = { recipients, protected: { cty: plaintext.mediaType, ...labels } };
    const { series } = plaintext;
    if (known?.series != null && series !== null && series.bytes >= WORTH_THREADS) {
      // What was read through before, fingerprinted and found good, is what is sealed: the files say so before and after.
      if (!isSameSeries(known.series, series)) throw fileChanged(source);
      const { header, payload } = await sealFilesAndDigest(series, path, {
        ...options,
        content: kind === 'text' ? 'text' : 'bytes',
        mode: 0o600,
        signal,
        written: () => undefined,
        ...(engineEntry === undefined ? {} : { entry: engineEntry }),
      });
      return { path, header: digestOf(header.raw), payload, fingerprint: known.fingerprint };
    }
    const { reader, taken } = fingerprinted(sealing, plaintext, key);
    const buffers = createBufferRing();
    const { header, payload } = sealStream(reader, { ...options, buffers });
    const tap = createDigestTap();
    const chunks = prependChunk(header.raw, tap.tap(payload));
    await writeStreamAtomic(path, chunks, { mode: 0o600, signal, written: (chunk) => buffers.give(chunk) });
    return { path, header: digestOf(header.raw), payload: tap.digest(), fingerprint: taken().fingerprint };
  } finally {
    await plaintext.close();
  }
}

function describe(
  recipients: readonly RecipientKey[],
  labels: SealLabels,
  { fingerprint }: { readonly fingerprint: string },
) {
  return {
    fingerprint,
    ...labels,
    recipients: recipients.map(({ keyId, thumbprint }) => `${keyId} ${thumbprint}`),
  };
}

/* Passes on what is read, which must not be more than a room takes. */
function fingerprinted(
  { source, kind }: Pick<PlainDatasetOptions, 'source' | 'kind'>,
  plaintext: Plaintext,
  key: Uint8Array,
) {
  const { reader } = plaintext;
  const gauge = openIntakeGauge(source, kind, plaintext);
  const mac = createHmac('sha256', key);
  let bytes = 0;
  const tapped: ByteReader = {
    readInto: async (target) => {
      const filled = await reader.readInto(target);
      const read = target.subarray(0, filled);
      gauge(read);
      mac.update(read);
      bytes += filled;
      return filled;
    },
    cancel: () => reader.cancel(),
  };
  return { reader: tapped, taken: () => ({ fingerprint: mac.digest('hex'), bytes }) };
}
