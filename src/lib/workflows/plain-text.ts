// A text file as a dataset: checked to be text, fingerprinted for its owner, and sealed into a local file.

import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TextDecoder } from 'node:util';

import { CleanroomError } from '../errors.js';
import { fileError } from '../files/read-bounded.js';
import { TEXT_MEDIA_TYPE } from '../sealed-blob/header.js';
import { createDigestTap, digestOf } from '../sealed-blob/payload-digest.js';
import { sealStream } from '../sealed-blob/seal.js';
import type { SegmentEngine } from '../sealed-blob/segment-engine.js';
import type { PlainDataset, SealedFile } from './encrypt-dataset.js';

export interface PlainTextOptions {
  readonly path: string;
  /** The owner's private contract key: without it the fingerprint says nothing about the text. */
  readonly contractKey: KeyObject;
  /** Where sealed files are kept until they are uploaded. */
  readonly workDirectory: string;
  readonly engine?: SegmentEngine;
}

/**
 * Opens a text file as a dataset: reads it once to check that it is UTF-8 and not empty.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, TEXT_NOT_UTF8
 */
export async function openPlainText(options: PlainTextOptions): Promise<PlainDataset> {
  const fingerprint = await fingerprintText(options.path, fingerprintKey(options.contractKey));
  return {
    fingerprint,
    seal: async (recipient, labels) => {
      const before = await stat(options.path);
      const { header, payload } = sealStream(createReadStream(options.path), {
        recipients: [recipient],
        protected: { cty: TEXT_MEDIA_TYPE, ...labels },
        ...(options.engine === undefined ? {} : { engine: options.engine }),
      });
      const path = join(options.workDirectory, `${labels.dataset}.v${labels.version}.sealed`);
      const sealed = await writeSealedFile(path, header.raw, payload);
      const after = await stat(options.path);
      if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
        await rm(path, { force: true });
        throw new CleanroomError('FILE_CHANGED', `${options.path} changed while it was being sealed`);
      }
      return sealed;
    },
  };
}

async function writeSealedFile(
  path: string,
  header: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
): Promise<SealedFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const tap = createDigestTap();
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(header);
      for await (const chunk of tap.tap(payload)) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw fileError(path, cause);
  }
  return { path, header: digestOf(header), payload: tap.digest() };
}

/** HMAC key for fingerprints, from the owner's own private key. */
function fingerprintKey(contractKey: KeyObject): Uint8Array {
  const { d = '' } = contractKey.export({ format: 'jwk' });
  return new Uint8Array(
    hkdfSync('sha256', Buffer.from(d, 'base64url'), '', 'cleanroom dataset fingerprint', 32),
  );
}

async function fingerprintText(path: string, key: Uint8Array): Promise<string> {
  const mac = createHmac('sha256', key);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let blank = true;
  try {
    for await (const chunk of createReadStream(path)) {
      const text = decodeChunk(decoder, chunk as Buffer, path);
      blank &&= text.trim() === '';
      mac.update(chunk as Buffer);
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
  decodeChunk(decoder, null, path);
  if (blank) throw new CleanroomError('FILE_EMPTY', `${path} holds no text`);
  return mac.digest('hex');
}

/** Text of the next bytes; null for the end. */
function decodeChunk(decoder: TextDecoder, chunk: Uint8Array | null, path: string): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new CleanroomError('TEXT_NOT_UTF8', `${path} is not UTF-8 text`, { cause });
  }
}
