// One blob opens to one text for every recipient: the header commits to the data key, which AES-GCM does not.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { toBase64Url } from '../../../src/lib/base/bytes/base64.js';
import { findDataKey } from '../../../src/lib/sealed-blob/engine/open.js';
import { buildHeader, replaceRecipients } from '../../../src/lib/sealed-blob/engine/header-keys.js';
import {
  headerSize,
  parseHeader,
  type SealedHeader,
  TEXT_MEDIA_TYPE,
} from '../../../src/lib/sealed-blob/format/header.js';
import { MAGIC } from '../../../src/lib/sealed-blob/format/layout.js';
import { wrapDataKey } from '../../../src/lib/sealed-blob/engine/wrap.js';
import { ecParty, rsaParty, sealBytes } from '../../support/sealed.js';

const CLAIMS = { enc: 'AES256-GCM-HKDF-1MB', cty: TEXT_MEDIA_TYPE } as const;

describe('commitment of a sealed blob to its data key', () => {
  const [first, second] = [ecParty(), rsaParty()];
  const dataKey = randomBytes(32);
  const opens = (header: SealedHeader, { identity } = first): Promise<Uint8Array> =>
    findDataKey(header, () => [identity]);

  it('is BASE64URL(SHA-256("cleanroom-data-key" ‖ data key)), and every seal writes it', async () => {
    const header = buildHeader(CLAIMS, [wrapDataKey(dataKey, first.recipient)], dataKey);
    const expected = createHash('sha256')
      .update(concatBytes(utf8('cleanroom-data-key'), dataKey))
      .digest('base64url');
    assert.equal(header.protected.commit, expected);
    const blob = await sealBytes(utf8('text'), first);
    assert.match(parseHeader(blob.slice(0, headerSize(blob))).protected.commit ?? '', /^[\w-]{43}$/);
  });

  it('refuses a blob that wraps one data key to one recipient and another to the next', async () => {
    const other = randomBytes(32);
    const { commit } = buildHeader(CLAIMS, [wrapDataKey(dataKey, first.recipient)], dataKey).protected;
    const entries = [wrapDataKey(dataKey, first.recipient), wrapDataKey(other, second.recipient)];
    const two = (claims: object): SealedHeader => frame({ ...CLAIMS, ...claims }, entries);
    assert.deepEqual(Buffer.from(await opens(two({ commit }))), dataKey);
    await assert.rejects(opens(two({ commit }), second), { code: 'SEALED_BLOB_REJECTED' });
    // The form of earlier versions, without MAC and commitment, opens for both: that is why it is said.
    assert.deepEqual(Buffer.from(await opens(two({}), second)), other);
  });

  it('stays when the recipients are exchanged', async () => {
    const header = buildHeader(CLAIMS, [wrapDataKey(dataKey, first.recipient)], dataKey);
    const rewrapped = replaceRecipients(header, [wrapDataKey(dataKey, second.recipient)], dataKey);
    assert.equal(rewrapped.protected.commit, header.protected.commit);
    assert.deepEqual(Buffer.from(await opens(rewrapped, second)), dataKey);
  });

  it('is the one that the second implementation writes', () => {
    const blob = readFileSync('test/vectors/sealed/small-committed.sealed');
    assert.match(parseHeader(blob.subarray(0, headerSize(blob))).protected.commit ?? '', /^[\w-]{43}$/);
  });

  function frame(claims: object, recipients: readonly object[]): SealedHeader {
    const json = utf8(JSON.stringify({ protected: toBase64Url(utf8(JSON.stringify(claims))), recipients }));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, json.length);
    return parseHeader(concatBytes(MAGIC, length, json));
  }
});
