// Keys and shorthands for tests of sealed blobs. Keys are made when the tests run.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { concatBytes } from '../../src/lib/base/bytes/arrays.js';
import { TEXT_MEDIA_TYPE } from '../../src/lib/sealed-blob/format/header.js';
import { openStream } from '../../src/lib/sealed-blob/engine/open.js';
import { type RecipientKey, recipientKeyOf } from '../../src/lib/keys/recipient-key.js';
import { sealStream } from '../../src/lib/sealed-blob/engine/seal.js';

export interface TestParty {
  readonly recipient: RecipientKey;
  readonly identity: KeyObject;
}

export function ecParty(namedCurve = 'P-256'): TestParty {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return { recipient: recipientKeyOf(publicKey), identity: privateKey };
}

export function rsaParty(modulusLength = 2048): TestParty {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return { recipient: recipientKeyOf(publicKey), identity: privateKey };
}

/** A stream of `bytes` in chunks of `size`. */
export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield await Promise.resolve(bytes.subarray(offset, offset + size));
  }
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return concatBytes(...chunks);
}

/** A whole sealed blob. */
export async function sealBytes(
  plaintext: Uint8Array,
  ...parties: readonly TestParty[]
): Promise<Uint8Array> {
  const { header, payload } = sealStream(chunksOf(plaintext), {
    recipients: parties.map((party) => party.recipient),
    protected: { cty: TEXT_MEDIA_TYPE },
  });
  return concatBytes(header.raw, await collect(payload));
}

/** The plaintext of a whole blob. */
export async function openBytes(
  sealed: Uint8Array,
  identity: KeyObject,
  chunk?: number,
): Promise<Uint8Array> {
  const opened = await openStream(chunksOf(sealed, chunk), { identities: () => [identity] });
  return collect(opened.plaintext);
}
